/* Labels of the requests of services. */
//@ constants
