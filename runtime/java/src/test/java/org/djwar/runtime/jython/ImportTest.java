package org.djwar.runtime.jython;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TimeZone;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.python.core.Py;
import org.python.core.PyObject;

/** What is found is as Python has it; what is not is known at once. */
@Timeout(120)
class ImportTest {
    @TempDir
    Path folder;

    private void write(String path, String text) throws IOException {
        Path file = folder.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    /** The module {@code pkg.a} of a project, in a new Jython. */
    private PyObject imported(Path packed, String source) throws IOException {
        write("pkg/__init__.py", "");
        write("pkg/a.py", source);
        Interpreter interpreter = new Interpreter(new Launch(null, packed, List.of(Path.of("../python").toAbsolutePath().normalize(), folder), folder, Map.of(), Map.of()));
        return interpreter.load("pkg.a");
    }

    private static boolean isKnownMiss(String name) {
        return ((Modules) Py.getSystemState().modules).isMiss(name);
    }

    @Test
    void whatAPackedPackageDoesNotHoldIsAMissForJythonOnly() throws Exception {
        PyObject module = imported(folder, "import logging, os, sys\nseen = 'pkg.os' in sys.modules, sys.modules.get('pkg.os', 1), os.__name__\n");
        assertEquals("(False, 1, 'os')", module.__getattr__("seen").toString());
        assertTrue(isKnownMiss("pkg.os"));
        assertTrue(isKnownMiss("logging.os"), "nor does a package of the standard library");
    }

    @Test
    void aFolderThatOthersWriteIntoIsLookedAtEachTime() throws Exception {
        imported(folder.resolve("elsewhere"), "import os\n");
        assertFalse(isKnownMiss("pkg.os"));
    }

    @Test
    void everyKindOfImportFindsWhatIsThere() throws Exception {
        write("pkg/sibling.py", "name = 'sibling'\n");
        write("pkg/os.py", "name = 'my own'\n");
        write("pkg/inner/__init__.py", "import sibling\n");
        write("sibling.py", "name = 'from the top'\n");
        PyObject module = imported(folder, """
                import imp, sys
                class Finder(object):
                    def find_module(self, name, path=None):
                        return self if name == 'pkg.virtual' else None
                    def load_module(self, name):
                        module = sys.modules[name] = imp.new_module(name)
                        return module
                sys.meta_path.append(Finder())
                sys.modules['pkg.given'] = imp.new_module('pkg.given')
                import sibling, os, logging.handlers, virtual, given
                from pkg.inner import sibling as top
                from pkg import virtual as again
                from java.util import ArrayList
                import java.util.HashMap
                try:
                    import pkg.nothing
                except ImportError as error:
                    said = str(error)
                try:
                    from pkg import nothing
                except ImportError as error:
                    said += ', ' + str(error)
                seen = [sibling.name, os.name, top.name, logging.handlers.__name__, virtual.__name__, again is virtual,
                        given.__name__, ArrayList().size(), java.util.HashMap().size(), said]
                """);
        assertEquals("['sibling', 'my own', 'from the top', 'logging.handlers', 'pkg.virtual', True, 'pkg.given', 0, 0, 'No module named nothing, cannot import name nothing']",
                module.__getattr__("seen").toString());
    }

    @Test
    void sslIsImportedWhenSomebodyLooksIntoIt() throws Exception {
        PyObject module = imported(folder, """
                import sys
                import ssl
                import urllib
                seen = ['ssl' in sys.modules, '_sslcerts' in sys.modules]
                seen += [ssl.CERT_REQUIRED, '_sslcerts' in sys.modules, sys.modules['ssl'] is ssl, ssl.__name__, 'wrap_socket' in dir(ssl)]
                from ssl import SSLError, CERT_NONE
                ssl.wrap_socket = 'patched'
                seen += [SSLError is ssl.SSLError, CERT_NONE, urllib.ssl.wrap_socket, __import__('ssl') is ssl, callable(reload(ssl).wrap_socket)]
                """);
        assertEquals("[True, False, 2, True, True, 'ssl', True, True, 0, 'patched', True, True]", module.__getattr__("seen").toString());
    }

    @Test
    void aModuleOfTheProjectWinsOverOneThatIsImportedLate() throws Exception {
        write("ssl.py", "name = 'my own'\n");
        assertEquals("my own", imported(folder, "from __future__ import absolute_import\nimport ssl\nseen = ssl.name\n").__getattr__("seen").toString());
    }

    @Test
    void aClassThatIsNotThereIsLookedForOnce() throws Exception {
        List<String> asked = new ArrayList<>();
        ClassLoader application = new ClassLoader(getClass().getClassLoader()) {
            @Override
            protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
                asked.add(name);
                return super.loadClass(name, resolve);
            }
        };
        KnownMisses loader = new KnownMisses(application);
        for (int times = 0; times < 3; times++) {
            assertThrows(ClassNotFoundException.class, () -> loader.loadClass("django"));
            assertEquals(Launch.class, loader.loadClass(Launch.class.getName()));
        }
        assertEquals(1, Collections.frequency(asked, "django"));
    }

    /** What a program sees of a class that {@code namedtuple} made, for ours and for Jython's. */
    @Test
    void namedTuplesAreAsPythonMakesThem() throws Exception {
        PyObject module = imported(folder, """
                import collections, copy, inspect, pickle, sys
                original = collections.namedtuple
                from djwar_jython import tuples
                def said(call, *args, **kw):
                    try:
                        return call(*args, **kw)
                    except Exception as error:
                        return '%s: %s' % (type(error).__name__, error)
                def look(namedtuple):
                    global Point
                    Point = namedtuple(u'Point', 'x, y')
                    p = Point(1, y=2)
                    class More(Point):
                        pass
                    Shadow = namedtuple('Shadow', ['itemgetter', 'OrderedDict', 'self', 'cls'])
                    return [p, p.x, p[1], Point.__doc__, Point._fields, Point.__slots__, Point.__module__, sorted(dir(Point)), p._asdict(), vars(p),
                            p._replace(x=3), said(p._replace, z=1), Point._make([4, 5]), said(Point._make, [1]), p == (1, 2), hash(p), More(1, 2),
                            said(Point, 1), said(Point, 1, 2, 3), said(Point, x=1, z=2), said(Point, 1, x=1), type(Point.__name__), Point.__name__,
                            pickle.loads(pickle.dumps(p, 2)) == p, copy.deepcopy(p), Point.x.__doc__, Point.__new__.__doc__, Point._make.__doc__,
                            inspect.getargspec(Point.__new__), said(setattr, p, 'x', 1), Shadow(1, 2, 3, 4)._asdict(), namedtuple('None_', ())(),
                            namedtuple('One', 'a').__doc__, said(namedtuple, 'Bad', 'a a'), said(namedtuple, 'Bad', 'class'), said(namedtuple, 'B-', 'a'),
                            said(namedtuple, 'Bad', ['_a']), namedtuple('R', ['class', 'a', 'a'], rename=True)._fields, said(namedtuple, 'X', unichr(233)),
                            namedtuple('G', (name for name in ['a', 'b']))(1, 2)]
                theirs, ours = look(original), look(collections.namedtuple)
                seen = collections.namedtuple is not original and [pair for pair in zip(map(repr, theirs), map(repr, ours)) if pair[0] != pair[1]]
                """);
        assertEquals("[]", module.__getattr__("seen").toString());
    }

    @Test
    void theStandardLibrarysByteCodeIsUsedInEveryTimeZone() throws Exception {
        List<String> refused = new ArrayList<>();
        Logger logger = Logger.getLogger("org.python.import");
        Handler handler = new Handler() {
            @Override public void publish(LogRecord record) {
                if (record.getMessage().contains("later than source")) {
                    refused.add(MessageFormat.format(record.getMessage(), record.getParameters()));
                }
            }
            @Override public void flush() { }
            @Override public void close() { }
        };
        TimeZone zone = TimeZone.getDefault();
        logger.setLevel(Level.FINE);
        logger.addHandler(handler);
        TimeZone.setDefault(TimeZone.getTimeZone("Asia/Tokyo"));
        try {
            imported(folder, "import sched, colorsys, json.tool\n");
        } finally {
            TimeZone.setDefault(zone);
            logger.removeHandler(handler);
            logger.setLevel(null);
        }
        assertEquals(List.of(), refused);
    }
}
