package org.djwar.runtime.jython;

import java.io.File;
import org.python.core.PyDictionary;
import org.python.core.PyInteger;
import org.python.core.PyList;
import org.python.core.PyObject;
import org.python.core.PyString;
import org.python.core.PyTuple;
import org.python.core.imp;
import org.python.modules.zipimport.zipimporter;

/**
 * The standard library in Jython's jar. Jython takes {@code os$py.class} of a zip only when the time within it isn't after the time of {@code os.py} in
 * the zip, which has no time zone: east of where the jar was made Jython would compile its whole library anew, at each start.
 */
final class StandardLibrary {
    private static final int TIME = 5;
    private static final int DATE = 6;
    /** 31 December 2107, the last day of a zip (APPNOTE 4.4.6). */
    private static final PyInteger LAST_DATE = new PyInteger((127 << 9) | (12 << 5) | 31);

    private StandardLibrary() {}

    /** Makes all byte code of the jars on this {@code sys.path} good. */
    static void trust(PyList path) {
        for (int at = 0; at < path.size(); at++) {
            PyObject entry = path.pyget(at);
            if (entry.toString().endsWith(File.separator + "Lib") && imp.getImporter(entry) instanceof zipimporter zip
                    && zip.files instanceof PyDictionary files) {
                files.getMap().replaceAll((name, facts) -> name instanceof PyString && isSource(name.toString()) ? dated(facts) : facts);
            }
        }
    }

    private static boolean isSource(String name) {
        return name.startsWith("Lib" + File.separator) && name.endsWith(".py");
    }

    private static PyObject dated(PyObject facts) {
        PyObject[] all = ((PyTuple) facts).getArray().clone();
        all[TIME] = new PyInteger(0);
        all[DATE] = LAST_DATE;
        return new PyTuple(all);
    }
}
