package org.djwar.runtime.jdbc;

import java.nio.charset.StandardCharsets;

import org.python.core.Py;
import org.python.core.PyFloat;
import org.python.core.PyInteger;
import org.python.core.PyLong;
import org.python.core.PyObject;
import org.python.core.PyString;
import org.python.core.PyUnicode;

/** Values of a database as Python's. */
final class Values {
    /** What CPython's module says when a function or an aggregate raises. */
    static final String FAILED = "user-defined function raised exception";

    private Values() {
    }

    /** What a Python function gave: null, a Long, a Double, a String, a byte[], or the value itself when it is none. */
    static Object java(PyObject value) {
        if (value == Py.None) {
            return null;
        }
        if (value instanceof PyUnicode) {
            return value.toString();
        }
        if (value instanceof PyString text) {
            // A subclass is `Binary`; a plain `str` is text.
            return text.getType() == PyString.TYPE ? new String(text.toBytes(), StandardCharsets.UTF_8) : text.toBytes();
        }
        if (value instanceof PyInteger || value instanceof PyLong) {
            Object number = value.__tojava__(Long.class);
            return number instanceof Long ? number : value;
        }
        if (value instanceof PyFloat number) {
            return number.getValue();
        }
        return value;
    }

    /** A value as the driver's {@code getObject} gives it. */
    static PyObject python(Object value, PyObject binary) {
        if (value == null) {
            return Py.None;
        }
        if (value instanceof String text) {
            return Py.newUnicode(text);
        }
        if (value instanceof Integer || value instanceof Long) {
            return Py.newInteger(((Number) value).longValue());
        }
        if (value instanceof Number number) {
            return Py.newFloat(number.doubleValue());
        }
        return binary.__call__(bytes((byte[]) value));
    }

    /** Bytes as a {@code str}, which holds one byte in each character. */
    static PyString bytes(byte[] content) {
        return new PyString(new String(content, StandardCharsets.ISO_8859_1));
    }

    /** Text as a {@code str} in UTF-8. */
    static PyString encoded(String text) {
        return bytes(text.getBytes(StandardCharsets.UTF_8));
    }
}
