package org.djwar.runtime.cpython;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.djwar.runtime.BootFailure;
import org.djwar.runtime.Engine;
import org.djwar.runtime.Parameters;
import org.djwar.runtime.Places;
import org.djwar.runtime.Site;

/** Makes this engine from what is deployed and set. */
public final class CpythonBoot {
    private static final List<String> CERTIFICATES = List.of("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
            "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem", "/etc/ssl/cert.pem");

    private CpythonBoot() {}

    /** An engine that has not been started. */
    public static Engine engine(Site site) throws BootFailure {
        Limits limits = Limits.of(site.parameters());
        return new CpythonEngine(launch(site, limits), limits, site.environ(), site.places().work(), "djwar-" + site.name(), site.log());
    }

    private static Launch launch(Site site, Limits limits) throws BootFailure {
        Places places = site.places();
        Path python = places.python();
        Map<String, String> variables = site.variables();
        Interpreter interpreter = Interpreter.find(site.parameters(), places.packages(), places.work(), variables);
        variables.putAll(interpreter.variables());
        List<String> path = new ArrayList<>(List.of(python.resolve("handler").toString(), places.source().toString()));
        places.extra().forEach(folder -> path.add(folder.toString()));
        path.add(places.packages().resolve("lib").toString());
        variables.put("PYTHONPATH", String.join(File.pathSeparator, path));
        for (String name : List.of("PYTHONSAFEPATH", "PYTHONUTF8", "PYTHONNOUSERSITE", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")) {
            variables.put(name, "1");
        }
        if (!variables.containsKey("SSL_CERT_FILE") && !variables.containsKey("SSL_CERT_DIR")) {
            certificates(places.packages()).ifPresent(file -> variables.put("SSL_CERT_FILE", file));
        }
        return new Launch(List.of(interpreter.executable().toString(), "-s", "-B", "-m", "djwar_handler"), variables,
                places.application(), handlerSettings(site, variables, limits), interpreter.description());
    }

    private static Map<String, Object> handlerSettings(Site site, Map<String, String> variables, Limits limits) throws BootFailure {
        Parameters parameters = site.parameters();
        String wsgi = parameters.text("djwar.wsgi");
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("wsgi", wsgi);
        // An operator who sets DJANGO_SETTINGS_MODULE on the host means it.
        settings.put("settings", variables.getOrDefault("DJANGO_SETTINGS_MODULE", ""));
        settings.put("context_path", site.container().contextPath());
        settings.put("threads", limits.threads());
        settings.put("adapt_urls", parameters.isSet("djwar.adapt-urls"));
        settings.put("media", parameters.isSet("djwar.media"));
        settings.put("static_root", site.staticRoot());
        settings.put("software", site.container().serverInfo());
        settings.put("log_level", parameters.text("djwar.log-level"));
        return settings;
    }

    /** The bundled OpenSSL looks in a folder of the machine that built it. */
    private static Optional<String> certificates(Path packages) {
        for (String candidate : CERTIFICATES) {
            if (Files.isReadable(Path.of(candidate))) {
                return Optional.of(candidate);
            }
        }
        Path certifi = packages.resolve("lib/certifi/cacert.pem");
        return Files.isReadable(certifi) ? Optional.of(certifi.toString()) : Optional.empty();
    }
}
