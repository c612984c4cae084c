// The command `gantry`: its subcommands, each in a file of its own.
// Synchronous from here to the subcommand's driver, which is forked from a process with one thread.

import ArgumentParser

@main
struct GantryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gantry",
    abstract: "Parallel work in containers: processes that may crash without taking the others along.",
    version: "0.1.0",
    subcommands: [CountCommand.self, TourCommand.self])
}
