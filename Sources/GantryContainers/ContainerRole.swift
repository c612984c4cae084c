// What this process is. Set once, in a child before it has a second thread; read when a function is called.

import CGantryProcess

// nonisolated(unsafe): written once, by the only thread of a fresh container.
private nonisolated(unsafe) var inContainer = false

/// The functions of the zygote this process descends from; nonisolated(unsafe) because it is written only before the
/// fork that hands it on, under the driver's start lock, and read only after it in a process that never writes it.
nonisolated(unsafe) var zygoteFunctions: [ContainerFunction] = []

/// The code of a container that shares its process with other code.
enum ContainerCode {
  @TaskLocal static var isRunning = false
}

// nonisolated(unsafe): written once, before a container's code runs.
private nonisolated(unsafe) var hasBystanders = false

/// Whether this process, or this thread or task of it, is a container: a map inside one is refused.
package func isContainer() -> Bool { inContainer || ContainerCode.isRunning }

/// Whether the present code is none of a container's, in a process that became one while the program's own code went on:
/// what else a program with threads does, such as the other tests of a test runner.
package func isBystander() -> Bool { hasBystanders && !ContainerCode.isRunning }

/// Says that the program's own code goes on in this container's process.
func expectBystanders() { hasBystanders = true }

/// Whether this process is a container and lives for nothing else.
func isContainerProcess() -> Bool { inContainer }

func becomeContainer() { inContainer = true }

/// The number of this process, also in a fork of one that has asked before; no system call after the first in each.
package func processNumber() -> Int32 { gantry_pid() }

/// Sets what the containers of the next zygote can run.
func setZygoteFunctions(_ functions: [ContainerFunction]) { zygoteFunctions = functions }
