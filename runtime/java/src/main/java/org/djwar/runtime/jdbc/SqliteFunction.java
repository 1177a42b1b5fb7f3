package org.djwar.runtime.jdbc;

import java.sql.SQLException;

import org.python.core.Py;
import org.python.core.PyException;
import org.python.core.PyObject;
import org.sqlite.Function;

/** A Python function that SQL calls. */
public final class SqliteFunction extends Function {
    private final PyObject function;
    private final PyObject binary;

    /**
     * A function for {@code Function.create}.
     *
     * @param function the Python callable
     * @param binary the type of binary values
     */
    public SqliteFunction(PyObject function, PyObject binary) {
        this.function = function;
        this.binary = binary;
    }

    @Override
    protected void xFunc() throws SQLException {
        PyObject[] arguments = new PyObject[args()];
        for (int at = 0; at < arguments.length; at++) {
            arguments[at] = switch (value_type(at)) {
                case 1 -> Py.newInteger(value_long(at));
                case 2 -> Py.newFloat(value_double(at));
                case 3 -> Py.newUnicode(value_text(at));
                case 4 -> binary.__call__(Values.bytes(value_blob(at)));
                default -> Py.None;
            };
        }
        PyObject value;
        try {
            value = function.__call__(arguments);
        } catch (PyException failure) {
            // CPython says no more either; the traceback would be printed by its enable_callback_tracebacks.
            error(Values.FAILED);
            return;
        }
        give(value);
    }

    private void give(PyObject value) throws SQLException {
        Object given = Values.java(value);
        if (given == null) {
            result();
        } else if (given instanceof Long number) {
            result(number.longValue());
        } else if (given instanceof Double number) {
            result(number.doubleValue());
        } else if (given instanceof String text) {
            result(text);
        } else if (given instanceof byte[] content) {
            result(content);
        } else {
            error(Values.FAILED);
        }
    }
}
