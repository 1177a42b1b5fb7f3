"""Stands where pip looks for the backend of projects that have only a `setup.py` (PEP 517, "legacy")."""
