package org.djwar.runtime.jython;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.djwar.runtime.Body;
import org.djwar.runtime.Client;
import org.djwar.runtime.Environ;
import org.djwar.runtime.FakeExchange;
import org.djwar.runtime.Log;
import org.djwar.runtime.Request;
import org.djwar.runtime.TrustedProxies;

/** A running application, loaded by a class loader of its own: a call is a request, and gives the page. */
public final class Deployed implements Callable<String>, AutoCloseable {
    private final JythonEngine engine;

    /** Starts {@code app:application} of a folder. */
    public Deployed(Path folder) throws Exception {
        Map<String, Object> settings = Map.of("wsgi", "app:application", "settings", "", "context_path", "", "adapt_urls", true,
                "static_root", "", "software", "test");
        Path handler = Path.of("../python").toAbsolutePath().normalize();
        Launch launch = new Launch(null, folder, List.of(handler, folder), folder, Map.of("PATH", "/usr/bin:/bin"), settings);
        engine = new JythonEngine(launch, new Environ(new TrustedProxies(List.of())), TimeUnit.SECONDS.toNanos(5), new Log("test-undeploy", "error"));
        engine.start();
    }

    @Override
    public String call() throws Exception {
        FakeExchange exchange = FakeExchange.of("GET", "/");
        engine.handle(new Request(exchange, Client.direct(exchange), Body.NONE));
        return exchange.text();
    }

    @Override
    public void close() {
        engine.stop();
    }
}
