//! Pure: Project + Config → [`BuildPlan`]. `layout` alone knows the paths inside
//! a WAR.

pub mod layout;
