package org.djwar.runtime.jython;

import java.util.Arrays;
import org.python.core.CodeFlag;
import org.python.core.Py;
import org.python.core.PyFrame;
import org.python.core.PyFunction;
import org.python.core.PyFunctionTable;
import org.python.core.PyObject;
import org.python.core.PyString;
import org.python.core.PyStringMap;
import org.python.core.PyTableCode;
import org.python.core.PyTuple;
import org.python.core.ThreadState;

/** {@code __new__} of a named tuple, with the names of its fields as arguments: what Python can make from source only. */
public final class TupleConstructor extends PyFunctionTable {
    private static final long serialVersionUID = 1;

    private final transient PyObject constructor = PyTuple.TYPE.__getattr__("__new__");

    /** The function. */
    public PyObject of(String[] fields, String description) {
        String[] names = new String[fields.length + 1];
        names[0] = "_cls";
        System.arraycopy(fields, 0, names, 1, fields.length);
        int flags = CodeFlag.CO_OPTIMIZED.flag | CodeFlag.CO_NEWLOCALS.flag;
        PyTableCode code = new PyTableCode(
                names.length, names, "<string>", "__new__", 0, false, false, this, 0, null, null, 0, flags);
        return new PyFunction(new PyStringMap(), Py.EmptyObjects, code, new PyString(description));
    }

    @Override
    public PyObject call_function(int index, PyFrame frame, ThreadState state) {
        PyObject[] given = frame.f_fastlocals;
        return constructor.__call__(given[0], new PyTuple(Arrays.copyOfRange(given, 1, given.length)));
    }
}
