package org.djwar.runtime.jython;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.python.core.Py;
import org.python.core.PyObject;

/**
 * The folders of a deployed web application, whose names don't change, as a hook of {@code sys.path_hooks} (PEP 302): it says None, "read it
 * yourself", which Jython remembers. Without it Jython asks all its hooks about a plain folder again at each import, and each answers by an exception.
 */
final class PackedFolders extends PyObject {
    private static final long serialVersionUID = 1;
    private static final String CLASS = "$py.class";
    private static final String SOURCE = ".py";

    private final transient Path root;
    private final transient Map<String, Set<String>> names = new ConcurrentHashMap<>();

    PackedFolders(Path root) {
        this.root = root;
    }

    @Override
    public PyObject __call__(PyObject folder) {
        if (isPacked(folder.toString())) {
            return Py.None;
        }
        throw Py.ImportError("not a packed folder");
    }

    @Override
    public PyObject __call__(PyObject[] arguments, String[] keywords) {
        if (arguments.length != 1 || keywords.length > 0) {
            throw Py.TypeError("a path hook takes one argument");
        }
        return __call__(arguments[0]);
    }

    private boolean isPacked(String folder) {
        Path path = Path.of(folder);
        return path.startsWith(root) && Files.isDirectory(path);
    }

    /** Whether a packed folder has neither a module nor a folder of that name. */
    boolean isWithout(String folder, String name) {
        return isPacked(folder) && !names.computeIfAbsent(folder, PackedFolders::list).contains(name);
    }

    private static Set<String> list(String folder) {
        Set<String> found = new HashSet<>();
        String[] files = new File(folder).list();
        for (String file : files == null ? new String[0] : files) {
            String ending = file.endsWith(CLASS) ? CLASS : file.endsWith(SOURCE) ? SOURCE : "";
            found.add(file.substring(0, file.length() - ending.length()));
        }
        return found;
    }
}
