// The ways that use several processors: Dispatch, tasks, and processes that have nothing to do with one another.

import Dispatch
import Workloads

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Slices are cut as a user would: some for each worker, so that the last to end does not end late.
private func slices(_ count: Int, _ workers: Int) -> [Range<Int>] {
  let pieces = min(count, workers * 16)
  return (0..<pieces).map { count * $0 / pieces..<count * ($0 + 1) / pieces }
}

@Sendable func performConcurrently(
  _ count: Int, _ workers: Int, _ body: @escaping @Sendable (Range<Int>) -> Void
) async {
  let slices = slices(count, workers)
  DispatchQueue.concurrentPerform(iterations: slices.count) { body(slices[$0]) }
}

@Sendable func runTasks(
  _ count: Int, _ workers: Int, _ body: @escaping @Sendable (Range<Int>) -> Void
) async {
  await withTaskGroup(of: Void.self) { group in
    for slice in slices(count, workers) { group.addTask { body(slice) } }
  }
}

// nonisolated(unsafe): the function has no state; Swift's own name for it is withheld.
private nonisolated(unsafe) let forkProcess: @convention(c) () -> Int32 = {
  guard let symbol = dlsym(nil, "fork") else { stop("There is no fork to make processes with.") }
  return unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)
}()

/// Each process takes every so many-th index, which evens out inputs of different length; outputs stay in it.
@Sendable func runProcesses(
  _ count: Int, _ workers: Int, _ body: @escaping @Sendable (Range<Int>) -> Void
) async {
  var children: [Int32] = []
  for worker in 0..<workers {
    let child = forkProcess()
    guard child >= 0 else { stop("A process could not be forked: free some processes and run this again.") }
    if child == 0 {
      for index in stride(from: worker, to: count, by: workers) { body(index..<index + 1) }
      _exit(0)
    }
    children.append(child)
  }
  for child in children {
    var status: Int32 = 0
    guard waitpid(child, &status, 0) == child, status == 0 else { stop("A process did not do its share.") }
  }
}
