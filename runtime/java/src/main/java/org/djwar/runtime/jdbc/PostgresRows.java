package org.djwar.runtime.jdbc;

import java.sql.ResultSet;
import java.sql.SQLException;

import org.python.core.Py;
import org.python.core.PyList;
import org.python.core.PyObject;
import org.python.core.PyTuple;

/** Reads the rows of a result of PostgreSQL, whose values the server sent as text. */
public final class PostgresRows {
    private PostgresRows() {
    }

    /**
     * Every row, as a tuple.
     *
     * @param results the result, before its first row
     * @param types the classes of the values
     * @param kinds for each column a kind of {@link PostgresTypes}, or 0 for a caster in Python
     * @param casters for each column of kind 0 what is called with the text as bytes, or None for NULL, and the cursor
     * @param cursor given to the casters
     * @param zones makes a tzinfo of minutes east of UTC, or None
     */
    public static PyList read(ResultSet results, PostgresTypes types, int[] kinds, PyObject[] casters, PyObject cursor,
            PyObject zones) throws SQLException {
        PyList rows = new PyList();
        while (results.next()) {
            PyObject[] row = new PyObject[kinds.length];
            for (int at = 0; at < row.length; at++) {
                String text = results.getString(at + 1);
                if (kinds[at] == 0) {
                    row[at] = casters[at].__call__(text == null ? Py.None : Values.encoded(text), cursor);
                } else {
                    row[at] = text == null ? Py.None : types.value(kinds[at], text, zones);
                }
            }
            rows.append(new PyTuple(row));
        }
        return rows;
    }
}
