"""MySQL's numbers."""

__all__ = ['CLIENT', 'FIELD_TYPE', 'ER', 'FLAG']
