// A function as a container sees it: a name and a loop over chunks, fixed before the zygote is forked.

/// How a container runs the inputs of a chunk.
@frozen
public enum ChunkRunner: Sendable {
  /// The container stays single-threaded.
  case sync(@Sendable (inout OpenChunk) -> Void)
  /// The container serves its main dispatch queue and runs the loop as a task.
  case async(AsyncRunner)

  /// Whether its containers run one input at a time, whatever they are asked for.
  package var isSync: Bool {
    switch self {
    case .sync: true
    case .async: false
    }
  }

  /// Whether a container enters a state before it is ready.
  package var hasState: Bool {
    switch self {
    case .sync: false
    case .async(let runner): runner.hasState
    }
  }

  /// Whether a container that is asked to leave still has something of the user's to run.
  package var hasExit: Bool {
    switch self {
    case .sync: false
    case .async(let runner): runner.hasExit
    }
  }

  /// The type of a state that only one input at a time may use.
  package var unsharedState: String? {
    switch self {
    case .sync: nil
    case .async(let runner): runner.unsharedState
    }
  }
}

/// One of the functions a zygote's containers can run.
package struct ContainerFunction: Sendable {
  package let name: String
  package let runner: ChunkRunner

  package init(name: String, runner: ChunkRunner) {
    self.name = name
    self.runner = runner
  }
}
