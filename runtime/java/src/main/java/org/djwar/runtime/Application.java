package org.djwar.runtime;

import java.io.IOException;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The Django project of one web application. Filters and servlets of the same context share it; the last one that leaves stops
 * it. When it can't start, the context stays up and every request gets a 503, until it is deployed again.
 */
public final class Application {
    private static final String ATTRIBUTE = "org.djwar.runtime.application";
    private static final int RETRY_AFTER_SECONDS = 30;

    private final Container container;
    private final String name;
    /** Requests hold the one, a reload the other. */
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private Log log;
    private Parameters parameters;
    private SourceWatch watch;
    private Boot boot;
    private volatile Dispatcher dispatcher;
    private volatile BootFailure failure;
    private Operations operations;
    private int users;

    private Application(Container container) {
        this.container = container;
        this.name = name(container.contextPath());
        this.log = new Log(name, "info");
    }

    /** Joins the context's application, starting it when this is the first user; returns when it serves or has failed. */
    public static Application open(Container container) {
        synchronized (Application.class) {
            Application application = (Application) container.attribute(ATTRIBUTE);
            if (application == null) {
                application = start(container);
                container.attribute(ATTRIBUTE, application);
            }
            application.users++;
            return application;
        }
    }

    private static Application start(Container container) {
        Application application = new Application(container);
        try {
            application.parameters = new Parameters(Sources.of(container));
            application.log = new Log(application.name, application.parameters.text("djwar.log-level"));
            application.parameters.unknown().forEach(application.log::warning);
            application.operations = new Operations(application.name, application.parameters, application.log);
            application.operations.register();
            application.start();
        } catch (BootFailure e) {
            application.fail(e);
        }
        return application;
    }

    private void start() {
        long start = System.nanoTime();
        try {
            boot = new Boot(container, parameters, name, log);
            dispatcher = boot.prepare();
            if (watch == null && parameters.isSet("djwar.reload")) {
                watch = new SourceWatch(boot.project());
                log.info("watching `" + boot.project() + "` for changes (`djwar.reload`)");
            }
            dispatcher.engine().start();
            operations.serves(dispatcher.engine());
            log.info("serving " + (container.contextPath().isEmpty() ? "/" : container.contextPath()) + " after "
                    + (System.nanoTime() - start) / 1_000_000 + " ms");
        } catch (BootFailure e) {
            fail(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail(new BootFailure("the start was interrupted"));
        } catch (RuntimeException e) {
            log.error("djwar failed; please report this", e);
            fail(new BootFailure("djwar failed: see the log"));
        }
    }

    /** For development: the project as its files are now. */
    private void reloadIfChanged() {
        if (watch == null) {
            return;
        }
        lock.writeLock().lock();
        try {
            if (!watch.hasChanged()) {
                return;
            }
            log.info("the project has changed: loading it anew");
            if (failure == null) {
                dispatcher.engine().stop();
                boot.cleanUp();
            }
            failure = null;
            dispatcher = null;
            start();
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** As operators know it: {@code /a/b} is {@code a#b}, the root is {@code ROOT} (Tomcat's names, good anywhere). */
    static String name(String contextPath) {
        return contextPath.isEmpty() ? "ROOT" : contextPath.substring(1).replace('/', '#');
    }

    private void fail(BootFailure failed) {
        failure = failed;
        if (operations != null) {
            operations.failed(failed.getMessage());
        }
        String traceback = failed.traceback().isEmpty() ? "" : ":\n" + failed.traceback().stripTrailing();
        log.error("not serving: " + failed.getMessage() + traceback, null);
        if (dispatcher != null) {
            dispatcher.engine().stop();
        }
        if (boot != null) {
            boot.cleanUp();
        }
    }

    /** Whether the container's own file servlet should answer; if so, what caches may do with its answer is set. */
    public boolean isStatic(Exchange exchange) {
        Dispatcher current = dispatcher;
        if (current == null || !current.isStatic(exchange)) {
            return false;
        }
        current.cacheStatic(exchange);
        return true;
    }

    /** Answers a request. */
    public void handle(Exchange exchange) throws IOException {
        if (operations != null && operations.answersHealth(exchange)) {
            return;
        }
        if (watch == null) {
            answer(exchange);
            return;
        }
        reloadIfChanged();
        lock.readLock().lock();
        try {
            answer(exchange);
        } finally {
            lock.readLock().unlock();
        }
    }

    private void answer(Exchange exchange) throws IOException {
        BootFailure failed = failure;
        if (failed == null) {
            serve(exchange);
            return;
        }
        String text = failed.isExplained()
                ? "The application could not start: " + failed.getMessage() + "."
                : "The application could not start. The server's log says why.";
        ErrorPage.send(exchange, 503, "Service unavailable", text, failed.debug() ? failed.traceback() : "", RETRY_AFTER_SECONDS);
    }

    private void serve(Exchange exchange) throws IOException {
        long began = System.nanoTime();
        Timing timing = operations.timing();
        boolean isWhole = false;
        try {
            dispatcher.handle(exchange, timing);
            isWhole = true;
        } finally {
            operations.count(exchange, timing, System.nanoTime() - began, isWhole ? exchange.answered() : 0);
        }
    }

    /** Leaves; the last user stops the engine. */
    public void close(Container container) {
        synchronized (Application.class) {
            if (--users > 0) {
                return;
            }
            container.attribute(ATTRIBUTE, null);
        }
        if (operations != null) {
            operations.close();
        }
        if (dispatcher != null && failure == null) {
            dispatcher.engine().stop();
            boot.cleanUp();
            log.info("stopped");
        }
    }
}
