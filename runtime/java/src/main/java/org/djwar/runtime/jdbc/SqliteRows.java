package org.djwar.runtime.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;

import org.python.core.Py;
import org.python.core.PyList;
import org.python.core.PyObject;
import org.python.core.PyTuple;

/** Reads the rows of a result of SQLite. */
public final class SqliteRows {
    private SqliteRows() {
    }

    /**
     * Every row, as a tuple.
     *
     * @param results the result, before its first row
     * @param converters for each column what makes its value of its text's bytes, or None
     * @param textFactory the same for text without a converter, or None for {@code unicode}
     * @param binary the type of binary values
     */
    public static PyList read(ResultSet results, PyObject[] converters, PyObject textFactory, PyObject binary)
            throws SQLException {
        PyList rows = new PyList();
        while (results.next()) {
            PyObject[] row = new PyObject[converters.length];
            for (int at = 0; at < row.length; at++) {
                row[at] = value(results, at + 1, converters[at], textFactory, binary);
            }
            rows.append(new PyTuple(row));
        }
        return rows;
    }

    private static PyObject value(ResultSet results, int column, PyObject converter, PyObject textFactory, PyObject binary)
            throws SQLException {
        Object value = results.getObject(column);
        if (value == null) {
            return Py.None;
        }
        if (converter != Py.None) {
            // SQLite gives every value as text to who asks for it; a converter is always asked with bytes.
            return converter.__call__(value instanceof byte[] content ? Values.bytes(content)
                    : Values.encoded(value instanceof String text ? text : results.getString(column)));
        }
        if (textFactory != Py.None && value instanceof String text) {
            return textFactory.__call__(Values.encoded(text));
        }
        return Values.python(value, binary);
    }
}
