"""Headless Chromium over the DevTools protocol, through a pipe, so that no package is needed to drive it."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 60.0
MILLIMETRES = 25.4


def program() -> str | None:
    """The first Chromium on the path that says its version; None where there is none."""
    found = [path for name in PROGRAMS if (path := shutil.which(name))]
    asked = (path for path in found if not subprocess.run([path, "--version"], capture_output=True).returncode)
    return next(asked, None)


class BrowserError(Exception):
    """Chromium refused a command, said nothing in time, or ended."""


@dataclass
class Browser:
    """A running Chromium."""

    process: subprocess.Popen[bytes]
    to_browser: int
    from_browser: int
    events: list[dict[str, Any]] = field(default_factory=list)
    """What it reported since the last page was opened."""
    target: str = ""
    """The page that is open."""
    session: str = ""
    """In which it is spoken to."""
    last: int = 0
    """The number of the last command."""
    unread: bytes = b""

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer.

        Raises:
            BrowserError: it was refused, or there was no answer in time.
        """
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        to_page = {"sessionId": self.session} if self.session and not method.startswith("Target.") else {}
        os.write(self.to_browser, json.dumps(message | to_page).encode() + b"\0")
        while (answer := self._next(method)).get("id") != self.last:
            self.events.append(answer)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        return dict(answer["result"])

    def open(self, path: Path, *, width: int, height: int = 900, scheme: str = "light", script: bool = True) -> None:
        """Open a file in a new tab of that size in CSS pixels, without the one before, and wait until it is drawn."""
        before, self.target = self.target, self.send("Target.createTarget", url="about:blank")["targetId"]
        if before:
            self.send("Target.closeTarget", targetId=before)
        self.session = self.send("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")
        self.resize(width, height)
        self.prefer(scheme)
        self.send("Emulation.setScriptExecutionDisabled", value=not script)
        self.events.clear()
        self.send("Page.navigate", url=path.resolve().as_uri())
        self._wait_for("Page.loadEventFired")
        if script:
            self.run("document.fonts.ready.then(() => new Promise(done => requestAnimationFrame(() => done(true))))")

    def resize(self, width: int, height: int = 900) -> None:
        """Give the page another size; narrow ones are those of a phone."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 600)  # fmt: skip

    def prefer(self, scheme: str, medium: str = "") -> None:
        """Have the page seen in a colour scheme, light or dark; as on paper where the medium is print."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", features=features, media=medium)

    def run(self, expression: str) -> Any:
        """The value of a JavaScript expression on the page; a promise is waited for.

        Raises:
            BrowserError: it threw.
        """
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release a key, such as Tab or Enter."""
        codes = {"Enter": ("\r", 13), "Tab": ("", 9), " ": (" ", 32)}
        text, code = codes[key]
        common = {"key": key, "windowsVirtualKeyCode": code, **({"text": text} if text else {})}
        self.send("Input.dispatchKeyEvent", type="keyDown", **common)
        self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    def requests(self) -> list[str]:
        """The addresses asked for since the page was opened, without the page itself and data: ones."""
        asked = [event["params"]["request"]["url"] for event in self._of("Network.requestWillBeSent")]
        return [address for address in asked[1:] if not address.startswith("data:")]

    def complaints(self) -> list[str]:
        """What the console has told since the page was opened."""
        told = [event["params"]["entry"]["text"] for event in self._of("Log.entryAdded")]
        thrown = [str(event["params"]["exceptionDetails"]) for event in self._of("Runtime.exceptionThrown")]
        return told + thrown + [str(event["params"]["args"]) for event in self._of("Runtime.consoleAPICalled")]

    def picture(self, *, whole: bool = False) -> bytes:
        """A PNG of what is in view, or of the whole page."""
        answer = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(answer["data"])

    def print(self, *, width: float = 210.0, height: float = 297.0) -> bytes:
        """The page as PDF on paper of that size in millimetres, of the page's own choice if it has one."""
        answer = self.send("Page.printToPDF", paperWidth=width / MILLIMETRES, paperHeight=height / MILLIMETRES,
                           preferCSSPageSize=True, printBackground=True)  # fmt: skip
        return base64.b64decode(answer["data"])

    def _of(self, method: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event.get("method") == method]

    def _wait_for(self, method: str) -> None:
        while not self._of(method):
            self.events.append(self._next(method))

    def _next(self, awaited: str) -> dict[str, Any]:
        """The next message of the browser."""
        until = time.monotonic() + SECONDS
        while b"\0" not in self.unread:
            ready, _, _ = select.select([self.from_browser], [], [], max(0.0, until - time.monotonic()))
            part = os.read(self.from_browser, 1 << 20) if ready else b""
            if not part:
                raise BrowserError(f"no answer to {awaited}: {'it ended' if ready else f'none in {SECONDS:.0f} s'}")
            self.unread += part
        message, self.unread = self.unread.split(b"\0", 1)
        return dict(json.loads(message))


@contextmanager
def running(chromium: str, profile: Path) -> Iterator[Browser]:
    """Start Chromium with an empty profile; end it and what it started."""
    (its_input, to_browser), (from_browser, its_output) = os.pipe(), os.pipe()
    command = [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
               "--no-first-run", "--disable-background-networking", "--disable-component-update",
               "--hide-scrollbars", f"--user-data-dir={profile}", "--remote-debugging-pipe"]  # fmt: skip
    # DevTools reads its commands from descriptor 3 and answers on 4
    shell = ["bash", "-c", f'exec "$@" 3<&{its_input} 4>&{its_output}', "bash", *command]
    process = subprocess.Popen(
        shell, pass_fds=(its_input, its_output), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(its_input)
    os.close(its_output)
    browser = Browser(process=process, to_browser=to_browser, from_browser=from_browser)
    try:
        yield browser
        browser.session = ""
        browser.send("Browser.close")
        process.wait(SECONDS)
    finally:
        process.kill()
        process.wait()
        os.close(to_browser)
        os.close(from_browser)
