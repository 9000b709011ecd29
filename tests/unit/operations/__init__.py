"""Tests of the rooms' modules, one file each."""
