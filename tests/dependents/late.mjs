// A program that imports register itself, when its dependencies have found what they import.
import "@x/dgram/register";
import "./ways.mjs";
