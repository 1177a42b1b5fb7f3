package org.djwar.runtime.jakarta;

import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.djwar.runtime.Application;

/**
 * Django as a servlet, for a {@code web.xml} that maps it to a part of a web application: {@code SCRIPT_NAME} is then the context
 * path and the servlet's prefix.
 *
 * <p>Init-params: {@code python.home} (the interpreter's home, or the interpreter), {@code django.handler} (the WSGI application
 * as {@code module:callable}, or a class), {@code django.app.home} (the project's folder, also outside the web application),
 * {@code django.settings} and {@code python.path}. They win over context parameters, which are further away.
 */
public final class DjangoServlet extends HttpServlet {
    private static final long serialVersionUID = 1;

    private transient ServletContainer container;
    private transient Application application;
    private final Set<String> prefixes = new HashSet<>();

    @Override
    public void init() {
        container = new ServletContainer(
                getServletContext(), getInitParameterNames(), getServletConfig()::getInitParameter);
        container.alias("python.home", "djwar.python");
        container.alias("django.handler", "djwar.wsgi");
        container.alias("django.app.home", "djwar.app-home");
        container.alias("django.settings", "djwar.settings");
        container.alias("python.path", "djwar.python-path");
        application = Application.open(container);
        ServletRegistration registration = getServletContext().getServletRegistration(getServletName());
        if (registration != null) {
            for (String mapping : registration.getMappings()) {
                if (mapping.endsWith("/*")) {
                    prefixes.add(mapping.substring(0, mapping.length() - 2));
                }
            }
        }
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        // Servlet §3.5: without path info the mapping was `/` or one exact path, and the servlet path is the page; or it was
        // `/app/*`, and the request is for `/app`.
        String path = request.getServletPath();
        boolean isPrefix = request.getPathInfo() != null || prefixes.contains(path);
        application.handle(new ServletExchange(request, response, isPrefix ? path : ""));
    }

    @Override
    public void destroy() {
        if (application != null) {
            application.close(container);
        }
    }
}
