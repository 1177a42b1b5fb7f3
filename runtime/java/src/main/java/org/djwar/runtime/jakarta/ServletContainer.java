package org.djwar.runtime.jakarta;

import jakarta.servlet.ServletContext;
import java.io.File;
import java.io.InputStream;
import java.util.Enumeration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.djwar.runtime.Container;

/** A container as its servlet context shows it. */
final class ServletContainer implements Container {
    private final ServletContext context;
    private final Map<String, String> parameters = new HashMap<>();

    ServletContainer(ServletContext context, Enumeration<String> ownNames, UnaryOperator<String> own) {
        this.context = context;
        Enumeration<String> names = context.getInitParameterNames();
        while (names.hasMoreElements()) {
            String name = names.nextElement();
            parameters.put(name, context.getInitParameter(name));
        }
        while (ownNames.hasMoreElements()) {
            String name = ownNames.nextElement();
            parameters.put(name, own.apply(name));
        }
    }

    /** What a parameter of the servlet means to the runtime: nearer than a context parameter, so it wins. */
    void alias(String from, String to) {
        String value = parameters.get(from);
        if (value != null && !value.isBlank()) {
            parameters.put(to, value);
        }
    }

    @Override
    public String contextPath() {
        return context.getContextPath();
    }

    @Override
    public String serverInfo() {
        return context.getServerInfo();
    }

    @Override
    public Map<String, String> parameters() {
        return parameters;
    }

    @Override
    public String realPath(String path) {
        return context.getRealPath(path);
    }

    @Override
    public Set<String> resourcePaths(String folder) {
        return context.getResourcePaths(folder);
    }

    @Override
    public InputStream resource(String path) {
        return context.getResourceAsStream(path);
    }

    @Override
    public String temporaryFolder() {
        Object folder = context.getAttribute(ServletContext.TEMPDIR);
        return folder instanceof File ? folder.toString() : null;
    }

    @Override
    public Object attribute(String name) {
        return context.getAttribute(name);
    }

    @Override
    public void attribute(String name, Object value) {
        context.setAttribute(name, value);
    }
}
