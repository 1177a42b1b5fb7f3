package org.djwar.runtime.jython;

import java.io.File;
import java.util.Set;
import org.python.core.Py;
import org.python.core.PyObject;
import org.python.core.PyString;
import org.python.core.PySystemState;
import org.python.core.imp;
import org.python.modules.zipimport.zipimporter;

/**
 * A finder of {@code sys.meta_path} (PEP 302) for modules of the standard library which much is imported for, and which who imports them mostly doesn't use:
 * {@code urllib} has {@code import ssl} at its top, and that brings BouncyCastle. Such a module is imported at the first look into it ({@link LateModule}).
 */
public final class LateModules {
    private static final Set<String> NAMES = Set.of("ssl");

    private final PySystemState system;

    LateModules(PySystemState system) {
        this.system = system;
    }

    /** Python's question. */
    public PyObject find_module(String name) {
        return find_module(name, Py.None);
    }

    /** Python's question: nothing, for all but a few modules of Jython's jar. */
    public PyObject find_module(String name, PyObject path) {
        if (!NAMES.contains(name) || path != Py.None) {
            return Py.None;
        }
        for (PyObject entry : system.path.asIterable()) {
            PyObject importer = imp.getImporter(entry);
            PyObject loader = importer == Py.None ? Py.None : importer.invoke("find_module", new PyString(name));
            if (loader != Py.None) {
                return importer instanceof zipimporter ? Py.java2py(new Loader(loader)) : Py.None;
            }
            if (importer == Py.None && isIn(entry.toString(), name)) {
                return Py.None;
            }
        }
        return Py.None;
    }

    private static boolean isIn(String folder, String name) {
        return new File(folder, name).isDirectory() || new File(folder, name + ".py").exists() || new File(folder, name + "$py.class").exists();
    }

    /** PEP 302's loader. */
    public static final class Loader {
        private final PyObject real;

        Loader(PyObject real) {
            this.real = real;
        }

        /** Puts the module into {@code sys.modules}. */
        public PyObject load_module(String name) {
            PyObject modules = Py.getSystemState().modules;
            PyObject known = modules.__finditem__(name.intern());
            if (known != null) {
                // `reload`
                return real.invoke("load_module", new PyString(name));
            }
            LateModule module = new LateModule(name, real);
            modules.__setitem__(name.intern(), module);
            return module;
        }
    }
}
