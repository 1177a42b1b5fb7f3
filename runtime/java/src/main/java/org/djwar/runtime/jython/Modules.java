package org.djwar.runtime.jython;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.python.core.Py;
import org.python.core.PyList;
import org.python.core.PyModule;
import org.python.core.PyObject;
import org.python.core.PyString;
import org.python.core.PyStringMap;
import org.python.core.PySystemState;
import org.python.core.imp;
import org.python.modules.zipimport.zipimporter;

/**
 * {@code sys.modules}, which knows what a packed package does not hold. In Python 2 each {@code import os} of {@code pkg/a.py} looks for
 * {@code pkg.os} first. CPython remembers that there is none as None in {@code sys.modules}; Jython takes a None that it finds there, but
 * writes none: at every such import it asks the class loader for a Java class, and then makes a list of all packages of the JVM.
 */
@SuppressWarnings("unchecked") // Jython's own: its map has values() without a type.
final class Modules extends PyStringMap {
    private static final long serialVersionUID = 1;
    private static final StackWalker CALLERS = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

    private final transient PySystemState system;
    private final transient ClassLoader loader;
    private final transient PackedFolders packed;
    /** A finder that knows names without dots only. */
    private final transient PyObject late;
    private final transient Map<String, Boolean> javaRoots = new ConcurrentHashMap<>();

    private Modules(PySystemState system, ClassLoader loader, PackedFolders packed, PyObject late) {
        this.late = late;
        this.system = system;
        this.loader = loader;
        this.packed = packed;
    }

    /** Takes the place of {@code sys.modules}; {@code packed} is a folder which nobody adds modules to. */
    static void install(PySystemState system, ClassLoader loader, Path packed) {
        PackedFolders folders = new PackedFolders(packed);
        system.path_hooks.insert(0, folders);
        PyObject late = Py.java2py(new LateModules(system));
        system.meta_path.append(late);
        Modules modules = new Modules(system, loader, folders, late);
        modules.getMap().putAll(((PyStringMap) system.modules).getMap());
        system.modules = modules;
    }

    /**
     * Jython's own question, when it imports. Only {@code imp} understands a None: {@code PyModule} asks as well, and would make it an attribute, so that
     * {@code from pkg import nothing} gave None instead of an ImportError.
     */
    @Override
    public PyObject __finditem__(String name) {
        PyObject found = super.__finditem__(name);
        boolean isUnknown = found == null && name != null && name.indexOf('.') > 0;
        return isUnknown && CALLERS.getCallerClass() == imp.class && isMiss(name) ? Py.None : found;
    }

    /** Python's question: it sees what was put here. */
    @Override
    public PyObject __finditem__(PyObject name) {
        return getMap().get(name instanceof PyString text ? text.internedString() : name);
    }

    /** Whether Jython's {@code imp.find_module} would find nothing, with all its steps. */
    boolean isMiss(String name) {
        int dot = name.lastIndexOf('.');
        if (dot <= 0 || !(super.__finditem__(name.substring(0, dot)) instanceof PyModule parent)) {
            return false;
        }
        PyObject path = parent.__dict__.__finditem__("__path__");
        return path instanceof PyList folders
                && folders.size() == 1
                && isNotIn(folders.pyget(0), name, name.substring(dot + 1))
                && PySystemState.getBuiltin(name) == null
                && !isJavaToo(name)
                && isUnknownToFinders(name, path);
    }

    private boolean isNotIn(PyObject folder, String name, String last) {
        PyObject importer = imp.getImporter(folder);
        if (importer instanceof zipimporter zip) {
            return zip.find_module(name) == Py.None;
        }
        return importer == Py.None && packed.isWithout(folder.toString(), last);
    }

    /** Whether the first part of the name is a package of Java's as well: then Jython must look for both. */
    private boolean isJavaToo(String name) {
        String root = name.substring(0, name.indexOf('.'));
        return javaRoots.computeIfAbsent(root, each -> PySystemState.packageManager.lookupName(each.intern()) != null
                || loader.getResource(each + "/") != null);
    }

    private boolean isUnknownToFinders(String name, PyObject path) {
        for (PyObject finder : system.meta_path.asIterable()) {
            if (finder != late && finder.invoke("find_module", new PyString(name), path) != Py.None) {
                return false;
            }
        }
        return true;
    }
}
