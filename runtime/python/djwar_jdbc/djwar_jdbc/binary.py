"""The type of binary values, given and received."""


class Binary(str):
    """Bytes that are data and not text.

    A `str`, because what works with CPython 2's `buffer` (`str(value)`, `value[:4]`, `len`) works with it
    too; Jython has no `buffer`, and `str(memoryview(...))` is not the content.
    """

    __slots__ = ()

    def __new__(cls, value=''):
        if isinstance(value, memoryview):
            value = value.tobytes()
        elif isinstance(value, unicode):
            raise TypeError('binary values are made of `str`, not of `unicode`')
        elif hasattr(value, 'tostring'):  # array.array, which is also what Java's byte[] is here
            value = value.tostring()
        return str.__new__(cls, value)

    def tobytes(self):
        return str(self)
