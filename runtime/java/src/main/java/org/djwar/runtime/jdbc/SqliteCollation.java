package org.djwar.runtime.jdbc;

import org.python.core.Py;
import org.python.core.PyObject;
import org.sqlite.Collation;

/** A Python function that compares two texts, given as bytes like CPython's module gives them. */
public final class SqliteCollation extends Collation {
    private final PyObject compare;

    /**
     * A collation for {@code Collation.create}.
     *
     * @param compare the Python callable
     */
    public SqliteCollation(PyObject compare) {
        this.compare = compare;
    }

    @Override
    protected int xCompare(String left, String right) {
        return Py.py2int(compare.__call__(Values.encoded(left), Values.encoded(right)));
    }
}
