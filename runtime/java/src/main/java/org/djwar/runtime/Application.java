package org.djwar.runtime;

import java.io.IOException;

/**
 * The Django project of one web application. Filters and servlets of the same context share it; the last one that leaves stops
 * it. When it can't start, the context stays up and every request gets a 503, until it is deployed again.
 */
public final class Application {
    private static final String ATTRIBUTE = "org.djwar.runtime.application";
    private static final int RETRY_AFTER_SECONDS = 30;

    private final Log log;
    private Boot boot;
    private Dispatcher dispatcher;
    private BootFailure failure;
    private Operations operations;
    private int users;

    private Application(Log log) {
        this.log = log;
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
        String name = name(container.contextPath());
        Log log = new Log(name, "info");
        Application application = new Application(log);
        long start = System.nanoTime();
        try {
            Parameters parameters = new Parameters(Sources.of(container));
            log = new Log(name, parameters.text("djwar.log-level"));
            parameters.unknown().forEach(log::warning);
            application.operations = new Operations(name, parameters, log);
            application.operations.register();
            application.boot = new Boot(container, parameters, name, log);
            application.dispatcher = application.boot.prepare();
            application.dispatcher.engine().start();
            application.operations.serves(application.dispatcher.engine());
            log.info("serving " + (container.contextPath().isEmpty() ? "/" : container.contextPath()) + " after "
                    + (System.nanoTime() - start) / 1_000_000 + " ms");
        } catch (BootFailure e) {
            application.fail(e, log);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            application.fail(new BootFailure("the start was interrupted"), log);
        } catch (RuntimeException e) {
            log.error("djwar failed; please report this", e);
            application.fail(new BootFailure("djwar failed: see the log"), log);
        }
        return application;
    }

    /** As operators know it: {@code /a/b} is {@code a#b}, the root is {@code ROOT} (Tomcat's names, good anywhere). */
    static String name(String contextPath) {
        return contextPath.isEmpty() ? "ROOT" : contextPath.substring(1).replace('/', '#');
    }

    private void fail(BootFailure failed, Log own) {
        failure = failed;
        if (operations != null) {
            operations.failed(failed.getMessage());
        }
        String traceback = failed.traceback().isEmpty() ? "" : ":\n" + failed.traceback().stripTrailing();
        own.error("not serving: " + failed.getMessage() + traceback, null);
        if (dispatcher != null) {
            dispatcher.engine().stop();
        }
        if (boot != null) {
            boot.cleanUp();
        }
    }

    /** Whether the container's own file servlet should answer. */
    public boolean isStatic(Exchange exchange) {
        return dispatcher != null && dispatcher.isStatic(exchange);
    }

    /** Answers a request. */
    public void handle(Exchange exchange) throws IOException {
        if (operations != null && operations.answersHealth(exchange)) {
            return;
        }
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
