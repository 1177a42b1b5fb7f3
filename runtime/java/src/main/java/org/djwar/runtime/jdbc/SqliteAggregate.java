package org.djwar.runtime.jdbc;

import java.sql.SQLException;

import org.python.core.Py;
import org.python.core.PyException;
import org.python.core.PyObject;
import org.sqlite.Function;

/** A Python class with {@code step} and {@code finalize} that SQL calls. The driver clones this for each group. */
public final class SqliteAggregate extends Function.Aggregate {
    private final PyObject factory;
    private final PyObject binary;
    private PyObject running;
    private boolean failed;

    /**
     * An aggregate for {@code Function.create}.
     *
     * @param factory the Python class
     * @param binary the type of binary values
     */
    public SqliteAggregate(PyObject factory, PyObject binary) {
        this.factory = factory;
        this.binary = binary;
    }

    @Override
    protected void xStep() throws SQLException {
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
        try {
            running().invoke("step", arguments);
        } catch (PyException failure) {
            failed = true;
        }
    }

    @Override
    protected void xFinal() throws SQLException {
        Object given;
        try {
            given = failed ? this : Values.java(running().invoke("finalize"));
        } catch (PyException failure) {
            given = this;
        }
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

    private PyObject running() {
        if (running == null) {
            running = factory.__call__();
        }
        return running;
    }
}
