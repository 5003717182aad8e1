"""The version of gate24: the only place where it is written, besides the heading in CHANGELOG.md."""

VERSION = "0.1.0"
