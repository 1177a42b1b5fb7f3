import java.util.Set;
import javax.management.Attribute;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** A JMX client for tests: {@code java Jmx.java PORT names | get NAME | set NAME VALUE | call NAME}. */
public class Jmx {
    public static void main(String[] arguments) throws Exception {
        String address = "service:jmx:rmi:///jndi/rmi://127.0.0.1:" + arguments[0] + "/jmxrmi";
        try (JMXConnector connector = JMXConnectorFactory.connect(new JMXServiceURL(address))) {
            MBeanServerConnection server = connector.getMBeanServerConnection();
            Set<ObjectName> names = server.queryNames(new ObjectName("org.djwar:type=Application,*"), null);
            if (arguments[1].equals("names")) {
                names.forEach(System.out::println);
                return;
            }
            ObjectName name = names.iterator().next();
            switch (arguments[1]) {
                case "get" -> System.out.println(server.getAttribute(name, arguments[2]));
                case "set" -> server.setAttribute(name, new Attribute(arguments[2], arguments[3]));
                case "call" -> server.invoke(name, arguments[2], new Object[0], new String[0]);
                default -> throw new IllegalArgumentException(arguments[1]);
            }
        }
    }
}
