"""How many examples a law is tried with: profiles of Hypothesis, and shares of them.

`--hypothesis-profile thorough`, which runs every night, tries many more than `quick`, the default.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

PROFILES = {"quick": 60, "thorough": 1_000}
"""Examples of a law whose example takes milliseconds, by profile."""


def register_profiles() -> None:
    """Register the profiles and load `quick`; `--hypothesis-profile` is looked at later."""
    for name, count in PROFILES.items():
        settings.register_profile(
            name,
            max_examples=count,
            deadline=None,  # The first example of many pays for an import.
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
    settings.load_profile("quick")


def share_of_examples(share: float) -> settings:
    """Return settings for a law whose examples are dear: a share of the profile's number."""
    return settings(max_examples=max(1, round(settings().max_examples * share)))
