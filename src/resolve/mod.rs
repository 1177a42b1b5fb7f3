//! Brings what the plan asks for: wheels, interpreters, jars. The only room
//! that talks to the network, and only through the ordinary clients.
