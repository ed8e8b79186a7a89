"""Shares as people read them."""

from math import isnan


def percent(share: float) -> str:
    """`93%`; `<1%` and `>99%` where rounding would say that something is impossible or certain; nothing for nan."""
    if isnan(share):
        return ""
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"
