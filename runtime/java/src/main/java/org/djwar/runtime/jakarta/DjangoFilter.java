package org.djwar.runtime.jakarta;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.djwar.runtime.Application;

/**
 * The default front, on {@code /*}: Django answers, except below the static prefixes, which go down the chain to the container's
 * own file servlet (a filter reaches it in every container; mapping the servlet {@code default} to a prefix does not).
 */
public final class DjangoFilter implements Filter {
    private ServletContainer container;
    private Application application;
    private ServletContext context;

    @Override
    public void init(FilterConfig config) {
        context = config.getServletContext();
        container = new ServletContainer(
                context, config.getInitParameterNames(), config::getInitParameter);
        application = Application.open(container);
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        HttpServletRequest http = (HttpServletRequest) request;
        ServletExchange exchange = new ServletExchange(http, (HttpServletResponse) response, "");
        if (application.isStatic(exchange)) {
            chain.doFilter(StaticRequest.of(http, exchange.containerPath(), context), response);
        } else if (exchange.isBareContext()) {
            exchange.redirectToContext();
        } else {
            application.handle(exchange);
        }
    }

    @Override
    public void destroy() {
        if (application != null) {
            application.close(container);
        }
    }
}
