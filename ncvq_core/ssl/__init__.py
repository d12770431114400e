"""Self-supervised methods: one a file. To add one, write its file and add its line here.

Their files say what a method is called, its settings and its size; what is trained, with the loss, is in `heads`, so
that a sweep can be read and planned without torch.
"""

from ncvq_core.registry import Registry
from ncvq_core.ssl.barlowtwins import BarlowTwins
from ncvq_core.ssl.base import SSLMethod
from ncvq_core.ssl.byol import BYOL
from ncvq_core.ssl.simsiam import SimSiam
from ncvq_core.ssl.vibcreg import VIbCReg
from ncvq_core.ssl.vicreg import VICReg

__all__ = ["SSL_METHODS", "SSLMethod"]

SSL_METHODS: Registry[SSLMethod] = Registry(
    "ssl method",
    SSLMethod,  # type: ignore[type-abstract]
    {"barlowtwins": BarlowTwins, "vicreg": VICReg, "vibcreg": VIbCReg, "byol": BYOL, "simsiam": SimSiam},
)
