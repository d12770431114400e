"""Self-supervised methods: one a file. To add one, write its file and add its line here."""

from ncvq_core.registry import Registry
from ncvq_core.ssl.barlowtwins import BarlowTwins
from ncvq_core.ssl.base import SSLHead, SSLMethod
from ncvq_core.ssl.byol import BYOL
from ncvq_core.ssl.simsiam import SimSiam
from ncvq_core.ssl.vibcreg import VIbCReg
from ncvq_core.ssl.vicreg import VICReg

__all__ = ["SSL_METHODS", "SSLHead", "SSLMethod"]

SSL_METHODS: Registry[SSLMethod] = Registry(
    "ssl method",
    {"barlowtwins": BarlowTwins, "vicreg": VICReg, "vibcreg": VIbCReg, "byol": BYOL, "simsiam": SimSiam},
)
