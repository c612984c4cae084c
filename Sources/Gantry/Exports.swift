// What a user's `import Gantry` brings along: the payload protocol and its coders.

@_exported import GantryWire
