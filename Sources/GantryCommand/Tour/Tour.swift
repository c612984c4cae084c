// The tour as a program: an App whose properties are the chapters, which hold their functions.
// Made by `App.main()` while there is one thread; which chapters run is chosen before.

import Gantry
import Synchronization

/// The names of the chapters to run; empty for all.
///
/// Set once, by the command, before the tour begins.
let chosenChapters = Mutex<[String]>([])

/// The guide's chapters, in its order, and one it cannot have.
struct Tour: App {
  let parallelMap = ParallelMap()
  let multipleArguments = MultipleArguments()
  let orderingOutputs = OrderingOutputs()
  let exceptionsAsValues = ExceptionsAsValues()
  let starmap = Starmap()
  let forEach = ForEach()
  let spawnMap = SpawnMap()
  let asyncUsage = AsyncUsage()
  let chunking = InputsInChunks()
  let backpressure = Backpressure()
  let retries = RetriesWithBackoff()
  let debugLogging = DebugLogging()
  let containerScaling = ContainerScaling()
  let rateLimits = RateLimits()
  let crashes = ACrashCostsOneInput()

  var chapters: [any Chapter] {
    [
      parallelMap, multipleArguments, orderingOutputs, exceptionsAsValues, starmap, forEach, spawnMap,
      asyncUsage, chunking, backpressure, retries, debugLogging, containerScaling, rateLimits, crashes,
    ]
  }

  var configuration: Configuration { debugLogging.configuration }

  func run() async throws {
    let chosen = chosenChapters.withLock { $0 }
    for chapter in chapters where chosen.isEmpty || chosen.contains(chapter.name) {
      try await chapter.perform()
    }
  }
}
