"""How people and programs reach the services: parse, call one service, render."""
