package org.djwar.runtime.jython;

import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.python.core.Options;
import org.python.core.Py;
import org.python.core.PyDictionary;
import org.python.core.PyException;
import org.python.core.PyList;
import org.python.core.PyObject;
import org.python.core.PyString;
import org.python.core.PySystemState;
import org.python.core.imp;
import org.djwar.runtime.Log;

/** One Jython of one application: its {@code sys}, made and unmade. */
final class Interpreter {
    private final PySystemState system;
    private final NettyThreads netty = new NettyThreads();

    /** Makes {@code sys} as the launch says; imports nothing of the project. */
    Interpreter(Launch launch) {
        ClassLoader loader = Interpreter.class.getClassLoader();
        PySystemState.initialize(System.getProperties(), properties(launch.home()), new String[] {""}, loader);
        Options.importSite = false;
        system = new PySystemState();
        system.setClassLoader(new KnownMisses(loader));
        system.setCurrentWorkingDir(launch.folder().toString());
        // A deployed application's files are not ours to write.
        system.dont_write_bytecode = true;
        PyList path = system.path;
        int at = 0;
        for (Path entry : launch.path()) {
            path.insert(at++, Py.fileSystemEncode(entry.toString()));
        }
        enter();
        Modules.install(system, loader, launch.packed());
        StandardLibrary.trust(path);
        environment(launch.variables());
    }

    private static Properties properties(Path home) {
        Properties properties = new Properties();
        if (home != null) {
            properties.setProperty("python.home", home.toString());
        }
        // Jython's cache of the packages in jars: neither wanted nor writable here.
        properties.setProperty("python.cachedir.skip", "true");
        properties.setProperty("python.import.site", "false");
        // Asked for, Jython runs `locale charmap`, and the JDK's thread that reaps the process keeps our class loader.
        properties.setProperty("python.console.encoding", "UTF-8");
        properties.setProperty("python.io.encoding", "UTF-8");
        properties.setProperty("python.console", "org.python.core.PlainConsole");
        return properties;
    }

    /** Makes this thread one of this Jython's. */
    void enter() {
        Py.setSystemState(system);
    }

    /** This thread is the container's again. */
    void leave() {
        if (!netty.isFound() && system.modules.__finditem__("_socket") != null) {
            netty.find();
        }
        netty.clean();
        if (system.modules.__finditem__("_sslcerts") != null) {
            CryptoThreads.clean();
        }
    }

    /** Ends what the project and Jython left running. */
    void stop(PyObject boot, Log log) {
        try {
            enter();
            if (boot != null) {
                boot.invoke("stop");
            }
            system.callExitFunc();
        } catch (PyException e) {
            log.warning("the project's exit functions failed\n" + describe(e));
        } finally {
            system.cleanup();
            Py.defaultSystemState.cleanup();
            leave();
        }
    }

    /** A module, imported. */
    PyObject load(String module) {
        return imp.importName(module, false);
    }

    /** {@code posix} reads the container's own variables: the project's are these. */
    private void environment(Map<String, String> variables) {
        PyObject environ = load(isWindows() ? "nt" : "posix").__getattr__("environ");
        PyDictionary dictionary = (PyDictionary) environ;
        dictionary.clear();
        variables.forEach((name, value) -> dictionary.__setitem__(Py.fileSystemEncode(name), Py.fileSystemEncode(value)));
    }

    private static boolean isWindows() {
        return System.getProperty("os.name").startsWith("Windows");
    }

    /** A failure as Python prints it. */
    String describe(PyException failure) {
        try {
            enter();
            PyObject traceback = load("traceback");
            PyObject lines = traceback.invoke("format_exception",
                    new PyObject[] {failure.type, failure.value, failure.traceback == null ? Py.None : failure.traceback});
            StringBuilder text = new StringBuilder();
            for (PyObject line : lines.asIterable()) {
                text.append(text(line));
            }
            return text.toString().stripTrailing();
        } catch (RuntimeException e) {
            return failure.toString().stripTrailing();
        }
    }

    /** Text of a Python string; bytes are taken for UTF-8, as Python 2's messages mostly are. */
    static String text(PyObject value) {
        if (value instanceof org.python.core.PyUnicode) {
            return value.toString();
        }
        if (value instanceof PyString bytes) {
            return new String(bytes.toBytes(), java.nio.charset.StandardCharsets.UTF_8);
        }
        return String.valueOf(value);
    }
}
