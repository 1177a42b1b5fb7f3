package org.djwar.runtime.jython;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.djwar.runtime.BootFailure;
import org.djwar.runtime.Engine;
import org.djwar.runtime.Environ;
import org.djwar.runtime.ErrorPage;
import org.djwar.runtime.Log;
import org.djwar.runtime.Request;
import org.djwar.runtime.TruncatedResponse;
import org.python.core.Py;
import org.python.core.PyDictionary;
import org.python.core.PyException;
import org.python.core.PyObject;

/** Django in this JVM: a thread of the container serves a request from its beginning to its end. */
public final class JythonEngine implements Engine {
    private static final int RETRY_AFTER_SECONDS = 5;

    private final Launch launch;
    private final Environ environ;
    private final long stopTimeout;
    private final Log log;
    private final HeaderCheck check;
    private final AtomicInteger busy = new AtomicInteger();
    private final Object idle = new Object();
    private volatile boolean isStopping;
    private Interpreter interpreter;
    private EnvironDictionary environs;
    private PyObject application;
    private PyObject boot;

    /** An engine for one application; {@code stopTimeout} in nanoseconds. */
    public JythonEngine(Launch launch, Environ environ, long stopTimeout, Log log) {
        this.launch = launch;
        this.environ = environ;
        this.stopTimeout = stopTimeout;
        this.log = log;
        this.check = new HeaderCheck(log::warning);
    }

    @Override
    public void start() throws BootFailure, InterruptedException {
        OwnThread.run(this::load);
    }

    private void load() throws BootFailure {
        TypeRegistry.install(log);
        try {
            interpreter = new Interpreter(launch);
            ThreadValues.install(log);
        } catch (PyException | LinkageError e) {
            throw new BootFailure("Jython can't start: " + e, e);
        }
        try {
            boot = interpreter.load("djwar_jython.boot");
            application = boot.invoke("start", Py.java2py(new Host(log, launch.settings())));
            environs = new EnvironDictionary(environ, boot.invoke("base_environ"));
        } catch (PyException e) {
            String traceback = interpreter.describe(e);
            throw new BootFailure("the project can't be imported", traceback, isDebug());
        }
    }

    private boolean isDebug() {
        try {
            return boot != null && boot.invoke("is_debug").__nonzero__();
        } catch (PyException e) {
            return false;
        }
    }

    @Override
    public void handle(Request request) throws IOException {
        busy.incrementAndGet();
        try {
            if (isStopping) {
                ErrorPage.send(request.exchange(), 503, "Busy", "The site is going down. Please try again in a moment.", "", RETRY_AFTER_SECONDS);
                return;
            }
            interpreter.enter();
            serve(request);
        } finally {
            interpreter.leave();
            if (busy.decrementAndGet() == 0 && isStopping) {
                synchronized (idle) {
                    idle.notifyAll();
                }
            }
        }
    }

    private void serve(Request request) throws IOException {
        StartResponse response = new StartResponse(request.exchange(), check);
        RequestInput input = new RequestInput(request.body());
        PyDictionary environment = environs.of(request, input);
        PyObject result = null;
        try {
            result = application.__call__(environment, response);
            response.deliver(result);
        } catch (StartResponse.ClientGone e) {
            throw e.reason();
        } catch (PyException e) {
            IOException gone = clientGone(e);
            if (gone != null) {
                throw gone;
            }
            fail(request, response, interpreter.describe(e));
        } catch (StartResponse.Incomplete e) {
            fail(request, response, e.getMessage());
        } finally {
            input.close();
            close(request, result);
        }
    }

    /** What {@code write()} threw through the application's own frames. */
    private static IOException clientGone(PyException e) {
        Object cause = e.value.__tojava__(StartResponse.ClientGone.class);
        return cause instanceof StartResponse.ClientGone gone ? gone.reason() : null;
    }

    private void fail(Request request, StartResponse response, String traceback) throws IOException {
        log.python("ERROR", "djwar", name(request) + ": the application failed\n" + traceback);
        if (response.isStarted()) {
            throw new TruncatedResponse("the application failed after its response had begun");
        }
        ErrorPage.send(request.exchange(), 500, "Internal Server Error", "The application failed. The server's log says why.");
    }

    /** PEP 3333: {@code close()} in any case; Django ends its request there, and gives connections back. */
    private void close(Request request, PyObject result) {
        if (result == null) {
            return;
        }
        try {
            PyObject close = result.__findattr__("close");
            if (close != null) {
                close.__call__();
            }
        } catch (PyException e) {
            log.python("ERROR", "djwar", name(request) + ": the response's close() failed\n" + interpreter.describe(e));
        }
    }

    private static String name(Request request) {
        return request.exchange().method() + " " + request.exchange().requestUri();
    }

    @Override
    public void stop() {
        isStopping = true;
        boolean isInterrupted = !isIdle();
        if (interpreter != null) {
            isInterrupted |= !isUnloaded();
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isUnloaded() {
        try {
            OwnThread.run(() -> interpreter.stop(boot, log));
            return true;
        } catch (InterruptedException e) {
            return false;
        } catch (BootFailure e) {
            throw new IllegalStateException("stopping starts nothing", e);
        }
    }

    /** Waits for running requests; whether it could wait. */
    private boolean isIdle() {
        long end = System.nanoTime() + stopTimeout;
        synchronized (idle) {
            while (busy.get() > 0 && System.nanoTime() < end) {
                try {
                    idle.wait(Math.max(1, Math.min(1000, (end - System.nanoTime()) / 1_000_000)));
                } catch (InterruptedException e) {
                    return false;
                }
            }
        }
        if (busy.get() > 0) {
            log.warning(busy.get() + " requests still run (`djwar.stop-timeout`); they go on without their application");
        }
        return true;
    }

    @Override
    public Status status() {
        return new Status(0, Integer.MAX_VALUE, busy.get(), 0);
    }
}
