package org.djwar.runtime.jython;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.djwar.runtime.Body;
import org.djwar.runtime.BootFailure;
import org.djwar.runtime.Client;
import org.djwar.runtime.Environ;
import org.djwar.runtime.FakeExchange;
import org.djwar.runtime.Log;
import org.djwar.runtime.Request;
import org.djwar.runtime.TrustedProxies;
import org.djwar.runtime.TruncatedResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real Jython, applications of a few lines. */
@Timeout(120)
class JythonEngineTest {
    private static final String HEAD = "def application(environ, start_response):\n";
    private static final String OK = "    start_response('200 OK', [('Content-Type', 'text/plain')])\n";

    @TempDir
    Path folder;

    private final List<LogRecord> records = new ArrayList<>();
    private final Logger logger = Logger.getLogger("org.djwar.test-jython");
    private final Handler handler = new Handler() {
        @Override public void publish(LogRecord record) { records.add(record); }
        @Override public void flush() { }
        @Override public void close() { }
    };
    private final Map<String, String> variables = new HashMap<>();
    private JythonEngine engine;

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
    }

    @AfterEach
    void stop() {
        if (engine != null) {
            engine.stop();
        }
        logger.removeHandler(handler);
    }

    private void start(String source) throws Exception {
        start("app:application", source);
    }

    private void start(String wsgi, String source) throws Exception {
        Files.writeString(folder.resolve("app.py"), source);
        Map<String, Object> settings = new HashMap<>(Map.of("wsgi", wsgi, "settings", "", "context_path", "",
                "adapt_urls", true, "static_root", "", "software", "test"));
        Launch launch = new Launch(null, folder, List.of(Path.of("../python").toAbsolutePath().normalize(), folder), folder, variables, settings);
        engine = new JythonEngine(launch, new Environ(new TrustedProxies(List.of())), TimeUnit.SECONDS.toNanos(5), new Log("test-jython", "debug"));
        engine.start();
    }

    private FakeExchange ask(FakeExchange exchange) throws IOException {
        engine.handle(new Request(exchange, Client.direct(exchange), new Body(exchange.body, exchange.body.length)));
        return exchange;
    }

    private FakeExchange get(String path) throws IOException {
        return ask(FakeExchange.of("GET", path));
    }

    private String logged() {
        StringBuilder text = new StringBuilder();
        records.forEach(record -> text.append(record.getLevel()).append(' ').append(record.getSourceMethodName()).append(' ')
                .append(record.getMessage()).append('\n'));
        return text.toString();
    }

    @Test
    void aPageComesBackAsTheApplicationMadeIt() throws Exception {
        start(HEAD + "    start_response('201 Created', [('Set-Cookie', ' a=1'), ('Set-Cookie', 'b=2')])\n"
                + "    return [environ['REQUEST_METHOD'], environ['PATH_INFO'], environ['wsgi.input'].read()]\n");
        FakeExchange exchange = ask(FakeExchange.of("POST", "/x").sending("body".getBytes()));
        assertEquals(201, exchange.status);
        assertEquals(List.of("Set-Cookie: a=1", "Set-Cookie: b=2"), exchange.headers, "repeated headers stay repeated");
        assertEquals("POST/xbody", exchange.text());
        assertEquals(10, exchange.length);
    }

    @Test
    void everyByteArrivesAndLeavesAsItIs() throws Exception {
        start(HEAD + OK + "    body = environ['wsgi.input'].read(int(environ['CONTENT_LENGTH']))\n"
                + "    assert type(body) is str and len(body) == 256, (type(body), len(body))\n    return [body]\n");
        byte[] all = new byte[256];
        for (int i = 0; i < 256; i++) {
            all[i] = (byte) i;
        }
        assertArrayEquals(all, ask(FakeExchange.of("POST", "/").sending(all)).bytes(), logged());
    }

    @Test
    void theEnvironIsADictOfBytes() throws Exception {
        start(HEAD + OK + "    assert type(environ) is dict\n"
                + "    strings = [key for key, value in environ.items() if type(key) is not str or not key.startswith('wsgi.') and type(value) is not str]\n"
                + "    return [repr(strings), '|', environ['PATH_INFO'], '|', repr(environ['SCRIPT_NAME']), '|', environ['QUERY_STRING'], '|',\n"
                + "        environ['HTTP_X_TWICE'], '|', repr(environ['wsgi.version']), '|', repr(environ['wsgi.multithread'])]\n");
        FakeExchange exchange = FakeExchange.of("GET", "/caf%C3%A9").with("X-Twice", "1").with("X-Twice", "2");
        exchange.query = "a=%20";
        assertEquals("[]|/café|''|a=%20|1,2|(1, 0)|True", ask(exchange).text());
    }

    @Test
    void aLineAtATimeIsReadFromTheBody() throws Exception {
        start(HEAD + OK + "    stream = environ['wsgi.input']\n"
                + "    return [repr([stream.readline(), stream.readline(2), stream.read(1), stream.readlines(), stream.read(), list(stream)])]\n");
        FakeExchange exchange = ask(FakeExchange.of("POST", "/").sending("one\ntwo\nthree\nfour".getBytes()));
        assertEquals("['one\\n', 'tw', 'o', ['\\n', 'three\\n', 'four'], '', []]", exchange.text(), logged());
    }

    @Test
    void anIteratorIsSentAsItComesAndClosed() throws Exception {
        start("closed = []\nclass Stream(object):\n    def __iter__(self):\n        yield 'a'\n        yield ''\n        yield 'bc'\n"
                + "    def close(self):\n        print 'closed'\n" + HEAD + OK + "    return Stream()\n");
        FakeExchange exchange = get("/");
        assertEquals("abc", exchange.text());
        assertEquals(List.of(1, 3), exchange.flushedAt, "each part is flushed");
        assertEquals(-1, exchange.length);
        assertTrue(logged().contains("INFO stdout closed"), logged());
    }

    @Test
    void aFileIsSentInBlocks() throws Exception {
        Files.write(folder.resolve("big"), new byte[600_000]);
        start(HEAD + OK + "    return environ['wsgi.file_wrapper'](open('big', 'rb'), 512)\n");
        FakeExchange exchange = get("/");
        assertEquals(600_000, exchange.bytes().length, logged());
        assertEquals(3, exchange.flushedAt.size());
    }

    @Test
    void theOldWriteFunctionWorks() throws Exception {
        start(HEAD + "    write = start_response('200 OK', [])\n    write('a')\n    write('b')\n    return ['c']\n");
        FakeExchange exchange = get("/");
        assertEquals("abc", exchange.text());
        assertEquals(List.of(1, 2, 3), exchange.flushedAt);
    }

    @Test
    void aFailureIsA500AndItsTracebackIsLogged() throws Exception {
        start(HEAD + "    raise ValueError(u'caf\\xe9'.encode('utf-8'))\n");
        FakeExchange exchange = get("/page");
        assertEquals(500, exchange.status);
        assertFalse(exchange.text().contains("caf"), "clients see nothing of it");
        assertTrue(logged().contains("SEVERE djwar GET /page: the application failed\nTraceback"), logged());
        assertTrue(logged().contains("ValueError: café"), logged());
    }

    @Test
    void aFailureAfterTheHeadBreaksTheResponseOff() throws Exception {
        start(HEAD + OK + "    yield 'half'\n    raise ValueError('later')\n");
        FakeExchange exchange = FakeExchange.of("GET", "/");
        assertThrows(TruncatedResponse.class, () -> ask(exchange));
        assertEquals("half", exchange.text());
    }

    @Test
    void sysExitInAViewEndsOnlyItsRequest() throws Exception {
        start("import sys\n" + HEAD + "    sys.exit(3)\n");
        assertEquals(500, get("/").status);
        assertEquals(500, get("/").status);
    }

    @Test
    void aShorterBodyThanPromisedIsNoGoodResponse() throws Exception {
        start(HEAD + "    start_response('200 OK', [('Content-Length', '5')])\n    return iter(['abc'])\n");
        assertThrows(TruncatedResponse.class, () -> get("/"));
    }

    @Test
    void whatExceedsThePromisedLengthIsCutOff() throws Exception {
        start(HEAD + "    start_response('200 OK', [('Content-Length', '5')])\n    return ['abcdefg']\n");
        assertEquals("abcde", get("/").text());
        assertTrue(logged().contains("more than its Content-Length"), logged());
    }

    @Test
    void unicodeIsRefusedAsABody() throws Exception {
        start(HEAD + OK + "    return [u'text']\n");
        assertEquals(500, get("/").status);
        assertTrue(logged().contains("TypeError: the application must give bytes (PEP 3333), not unicode"), logged());
    }

    @Test
    void aLineBreakInAHeaderIsRefused() throws Exception {
        start(HEAD + "    start_response('200 OK', [('X-A', 'a\\r\\nX-B: b')])\n    return []\n");
        FakeExchange exchange = get("/");
        assertEquals(500, exchange.status);
        assertTrue(logged().contains("has a line break or a NUL in it"), logged());
    }

    @Test
    void aHeadRequestGetsTheHeadOnly() throws Exception {
        start(HEAD + "    start_response('200 OK', [('Content-Length', '5')])\n    return ['hello']\n");
        FakeExchange exchange = ask(FakeExchange.of("HEAD", "/"));
        assertEquals("", exchange.text());
        assertEquals(5, exchange.length);
    }

    @Test
    void theClientsEndIsNotTheApplicationsFailure() throws Exception {
        start("print 'imported'\n" + HEAD + "    write = start_response('200 OK', [])\n    write('x' * 10)\n    return []\n");
        FakeExchange exchange = FakeExchange.of("GET", "/");
        exchange.output = new OutputStream() {
            @Override public void write(int b) throws IOException { throw new IOException("gone"); }
        };
        assertEquals("gone", assertThrows(IOException.class, () -> ask(exchange)).getMessage());
        assertFalse(logged().contains("failed"), logged());
    }

    @Test
    void printWarningsAndLoggingReachTheLogWithTheirLevel() throws Exception {
        start("import logging, sys, warnings\nprint 'to stdout', 1\nsys.stderr.write('to stderr\\n')\nwarnings.warn('careful')\n"
                + "logging.basicConfig(level=logging.DEBUG)\nlogging.getLogger('shop').error('broken %s', u'\\u20ac')\n"
                + HEAD + OK + "    environ['wsgi.errors'].write('from a request\\n')\n    return []\n");
        get("/");
        String all = logged();
        assertTrue(all.contains("INFO stdout to stdout 1\n"), all);
        assertTrue(all.contains("INFO stderr to stderr\n"), all);
        assertTrue(all.contains("WARNING py.warnings ") && all.contains("careful"), all);
        assertTrue(all.contains("SEVERE shop ERROR:shop:broken €\n"), all);
        assertTrue(all.contains("INFO stderr from a request\n"), all);
    }

    @Test
    void theEnvironmentIsTheOneOfTheParameters() throws Exception {
        variables.put("COLOUR", "grün");
        start("import os\n" + HEAD + OK + "    return [os.environ['COLOUR'], '|', os.getenv('HOME', 'none'), '|', os.getcwd()]\n");
        assertEquals("grün|none|" + folder, get("/").text());
    }

    @Test
    void aFailingImportGivesItsTraceback() {
        BootFailure failure = assertThrows(BootFailure.class, () -> start("import no_such_module\n"));
        assertTrue(failure.traceback().contains("app.py\", line 1"), failure.traceback());
        assertTrue(failure.traceback().contains("ImportError: No module named no_such_module"), failure.traceback());
        assertFalse(failure.isExplained());
    }

    @Test
    void aSyntaxErrorNamesItsLine() {
        BootFailure failure = assertThrows(BootFailure.class, () -> start("x = 1\nprint f'{x}'\n"));
        assertTrue(failure.traceback().contains("app.py\", line 2") && failure.traceback().contains("SyntaxError"), failure.traceback());
    }

    @Test
    void aHandlerThatIsNotThereIsNamed() {
        BootFailure module = assertThrows(BootFailure.class, () -> start("nowhere.handlers.Handler", ""));
        assertTrue(module.traceback().contains("the handler `nowhere.handlers.Handler` can't be imported: there is no module `nowhere.handlers`"), module.traceback());
        BootFailure name = assertThrows(BootFailure.class, () -> start("app:Handler", ""));
        assertTrue(name.traceback().contains("the module `app` has no `Handler`"), name.traceback());
        BootFailure kind = assertThrows(BootFailure.class, () -> start("app:number", "number = 3\n"));
        assertTrue(kind.traceback().contains("is not callable"), kind.traceback());
    }

    @Test
    void aHandlersClassIsInstantiatedOnceForAllRequests() throws Exception {
        start("app.Handler", "class Handler(object):\n    made = 0\n    def __init__(self):\n        Handler.made += 1\n"
                + "    def __call__(self, environ, start_response):\n        start_response('200 OK', [])\n        return [str(Handler.made)]\n");
        assertEquals("1", get("/").text());
        assertEquals("1", get("/").text());
    }

    @Test
    void whatTheProjectRegisteredAtExitRunsAtTheEnd() throws Exception {
        start("import atexit\ndef bye():\n    print 'bye'\natexit.register(bye)\n" + HEAD + OK + "    return []\n");
        engine.stop();
        assertTrue(logged().contains("bye"), logged());
    }

    @Test
    void theEndWaitsForNoThreadOfTheContainer() throws Exception {
        start("import threading\nseen = []\n" + HEAD + OK + "    seen.append(threading.currentThread())\n    return []\n");
        // This thread is no daemon, as Jetty's are none: the application has seen it, and must not join it.
        Thread container = new Thread(() -> {
            try {
                get("/");
                Thread.sleep(TimeUnit.MINUTES.toMillis(10));
            } catch (IOException | InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        container.start();
        while (container.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        engine.stop();
        assertTrue(container.isAlive());
        container.interrupt();
    }
}
