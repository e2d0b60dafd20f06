package models

// Unpack is for the tests of hostile archives.
var Unpack = unpack
