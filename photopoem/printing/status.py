"""Tells the state of a target and what to do about it, in words for people. Prints nothing."""

from __future__ import annotations

from dataclasses import dataclass

from photopoem.printing.targets import OneFile, PrinterTarget, Target

_STEPS = {
    "tcp": "is it on and on this network? Print its own settings: hold FEED while switching it on",
    "usb": "lsusb shows what is plugged in and on; then: sudo usermod -aG lp $USER, and log in again",
    "serial": "ls /dev/tty* /dev/usb shows what there is; then: sudo usermod -aG dialout,lp $USER",
    "cups": "lpstat -p (apt install cups) shows what the system knows",
    "dir": "make room, or choose another folder",
}
_AT_THE_PRINTER = "put that right; printing waits for it and goes on by itself"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The state of a target, and the next step (empty where none is needed). What is not `serious` can stay so."""

    told: str
    next_step: str = ""
    serious: bool = True


def diagnose(target: Target | OneFile) -> Diagnosis:
    """Ask a target for its state. Never raises."""
    if isinstance(target, OneFile):
        return _file(target)
    status = target.status()
    printer = isinstance(target, PrinterTarget)
    if status.trouble:
        there = printer and status.answers
        return Diagnosis(
            status.trouble, _AT_THE_PRINTER if there else _STEPS[target.address.partition(":")[0]]
        )
    if not status.answers:
        return Diagnosis("reached, says nothing of itself", "its paper and lid go unnoticed", serious=False)
    if status.paper_low:
        return Diagnosis("ready, but its paper is nearly out", "have a roll at hand", serious=False)
    return Diagnosis("ready")


def _file(target: OneFile) -> Diagnosis:
    if target.path.exists():
        return Diagnosis("is there already", "--force overwrites it", serious=False)
    if not target.path.absolute().parent.is_dir():
        return Diagnosis("its folder is not there", f"mkdir -p {target.path.parent}")
    return Diagnosis("ready")
