package org.djwar.runtime.jython;

import java.util.concurrent.locks.ReentrantLock;
import org.python.core.Py;
import org.python.core.PyModule;
import org.python.core.PyObject;
import org.python.core.PyString;
import org.python.core.PySystemState;

/** A module whose code runs when somebody looks for something in it; in this very object, as {@code reload} does it. */
final class LateModule extends PyModule {
    private static final long serialVersionUID = 1;

    private final transient String name;
    private final transient PyObject loader;
    private transient volatile boolean isLoaded;
    /** Guarded by the lock of all imports. */
    private transient boolean isLoading;

    LateModule(String name, PyObject loader) {
        super(name.intern());
        this.name = name.intern();
        this.loader = loader;
    }

    @Override
    public PyObject __findattr_ex__(String attribute) {
        load();
        return super.__findattr_ex__(attribute);
    }

    @Override
    public void __setattr__(String attribute, PyObject value) {
        load();
        super.__setattr__(attribute, value);
    }

    @Override
    public void __delattr__(String attribute) {
        load();
        super.__delattr__(attribute);
    }

    @Override
    public PyObject __dir__() {
        load();
        return super.__dir__();
    }

    @Override
    public PyObject getDict() {
        load();
        return super.getDict();
    }

    private void load() {
        if (isLoaded || loader == null) {
            return;
        }
        PySystemState system = Py.getSystemState();
        // The lock of all imports: one of our own could be taken the other way round.
        ReentrantLock lock = system.getImportLock();
        lock.lock();
        try {
            // Its own code looks into it while it runs.
            if (!isLoaded && !isLoading) {
                isLoading = true;
                try {
                    load(system.modules);
                    isLoaded = true;
                } finally {
                    isLoading = false;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void load(PyObject modules) {
        PyObject known = modules.__finditem__(name);
        try {
            // Into the module that `sys.modules` has: this one.
            modules.__setitem__(name, this);
            __dict__.__setitem__("__builtins__", ((PyModule) modules.__finditem__("__builtin__")).__getattr__("__dict__"));
            __dict__.__setitem__("__package__", Py.None);
            loader.invoke("load_module", new PyString(name));
        } finally {
            if (known != null && known != this) {
                modules.__setitem__(name, known);
            }
        }
    }
}
