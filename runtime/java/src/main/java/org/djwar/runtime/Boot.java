package org.djwar.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djwar.runtime.cpython.CpythonEngine;
import org.djwar.runtime.cpython.Interpreter;
import org.djwar.runtime.cpython.Launch;
import org.djwar.runtime.cpython.Limits;

/** Brings the parts together: parameters, files, interpreter, engine. */
final class Boot {
    private static final List<String> CERTIFICATES = List.of("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
            "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem", "/etc/ssl/cert.pem");

    private final Container container;
    private final Parameters parameters;
    private final String name;
    private final Log log;
    private ProjectCopy copy;

    Boot(Container container, Parameters parameters, String name, Log log) {
        this.container = container;
        this.parameters = parameters;
        this.name = name;
        this.log = log;
    }

    /** Prepares the files and makes the dispatcher with an engine that has not been started. */
    Dispatcher prepare() throws BootFailure {
        Path work = workFolder();
        Path python = Deployment.python(container, work, log).toAbsolutePath();
        Path application = python.resolve("app");
        if (!Files.isDirectory(application)) {
            throw new BootFailure("there is no `WEB-INF/python/app` in this application: was the WAR built by djwar?");
        }
        List<String> data = parameters.list("djwar.data");
        if (!data.isEmpty()) {
            Path folder = DataFolder.choose(parameters, name, work, log);
            copy = ProjectCopy.of(application, folder, name, log);
            application = copy.folder();
            for (String entry : data) {
                DataFolder.keep(entry, application, folder);
            }
            log.info("data folder: `" + folder + "`");
        }
        TrustedProxies proxies = new TrustedProxies(parameters.list("djwar.trusted-proxies"));
        Engine engine = engine(python, application, work, new Environ(proxies));
        Spool spool = new Spool(work, parameters.number("djwar.spool-memory"), parameters.number("djwar.max-body-size"));
        return new Dispatcher(engine, spool, proxies, parameters.list("djwar.static-prefixes"), log);
    }

    /** Removes what {@link #prepare} made. */
    void cleanUp() {
        if (copy != null) {
            try {
                copy.close();
            } catch (IOException e) {
                log.warning("the project's copy can't be removed: " + e);
            }
        }
    }

    private Engine engine(Path python, Path application, Path work, Environ environ) throws BootFailure {
        String kind = parameters.text("djwar.engine");
        if (!kind.equals("cpython")) {
            throw new BootFailure("parameter `djwar.engine` is `" + kind + "`, but this runtime has only `cpython`");
        }
        Limits limits = Limits.of(parameters);
        return new CpythonEngine(launch(python, application, work, limits), limits, environ, work, "djwar-" + name, log);
    }

    private Launch launch(Path python, Path application, Path work, Limits limits) throws BootFailure {
        Map<String, String> variables =
                PythonEnvironment.of(parameters.sources(), parameters.isSet("djwar.inherit-environment"));
        Interpreter interpreter = Interpreter.find(parameters, python, work, variables);
        variables.putAll(interpreter.variables());
        Path source = application.resolve(parameters.text("djwar.source-root")).normalize();
        String settings = parameters.text("djwar.settings");
        variables.put("PYTHONPATH", String.join(java.io.File.pathSeparator,
                python.resolve("handler").toString(), source.toString(), python.resolve("lib").toString()));
        for (String name : List.of("PYTHONSAFEPATH", "PYTHONUTF8", "PYTHONNOUSERSITE", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")) {
            variables.put(name, "1");
        }
        if (!variables.containsKey("SSL_CERT_FILE") && !variables.containsKey("SSL_CERT_DIR")) {
            certificates(python).ifPresent(file -> variables.put("SSL_CERT_FILE", file));
        }
        if (!settings.isEmpty()) {
            variables.putIfAbsent("DJANGO_SETTINGS_MODULE", settings);
        }
        return new Launch(List.of(interpreter.executable().toString(), "-s", "-B", "-m", "djwar_handler"), variables, application,
                handlerSettings(python, variables, limits), interpreter.description());
    }

    private Map<String, Object> handlerSettings(Path python, Map<String, String> variables, Limits limits) throws BootFailure {
        String wsgi = parameters.text("djwar.wsgi");
        if (!wsgi.contains(":")) {
            throw new BootFailure("parameter `djwar.wsgi` must be `module:callable`, but is `" + wsgi + "`");
        }
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("wsgi", wsgi);
        // An operator who sets DJANGO_SETTINGS_MODULE on the host means it.
        settings.put("settings", variables.getOrDefault("DJANGO_SETTINGS_MODULE", ""));
        settings.put("context_path", container.contextPath());
        settings.put("threads", limits.threads());
        settings.put("adapt_urls", parameters.isSet("djwar.adapt-urls"));
        settings.put("static_root", staticRoot(python));
        settings.put("software", container.serverInfo());
        settings.put("log_level", parameters.text("djwar.log-level"));
        return settings;
    }

    private String staticRoot(Path python) {
        for (String prefix : parameters.list("djwar.static-prefixes")) {
            String real = container.realPath(prefix.replaceAll("/$", ""));
            if (real != null && Files.isDirectory(Path.of(real))) {
                return real;
            }
            break;
        }
        Path own = python.resolve("static");
        return Files.isDirectory(own) ? own.toString() : "";
    }

    /** The bundled OpenSSL looks in a folder of the machine that built it. */
    private static java.util.Optional<String> certificates(Path python) {
        for (String candidate : CERTIFICATES) {
            if (Files.isReadable(Path.of(candidate))) {
                return java.util.Optional.of(candidate);
            }
        }
        Path certifi = python.resolve("lib/certifi/cacert.pem");
        return Files.isReadable(certifi) ? java.util.Optional.of(certifi.toString()) : java.util.Optional.empty();
    }

    private Path workFolder() throws BootFailure {
        String configured = parameters.text("djwar.work-dir");
        String temporary = container.temporaryFolder();
        try {
            if (!configured.isEmpty()) {
                return Files.createDirectories(Path.of(configured).resolve(name)).toRealPath();
            }
            if (temporary != null) {
                return Files.createDirectories(Path.of(temporary, "djwar")).toRealPath();
            }
            return Files.createTempDirectory("djwar").toRealPath();
        } catch (IOException e) {
            throw new BootFailure("no work folder can be made (`djwar.work-dir`): " + e, e);
        }
    }
}
