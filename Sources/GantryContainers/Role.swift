// What a process that was started again for a driver is to become once it reaches that driver.
// Asked by each driver's start. The role itself was noticed before main, by the C module.

import CGantryProcess
import Dispatch
import GantryLanes

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// The role of this process, between its start and the driver that it was started for.
package struct Role {
  /// The driver that is meant, in the words of `Executable.wanted`.
  package let wanted: String
  /// Which of several drivers that are equal by those words.
  package let occurrence: Int
  private let isContainer: Bool
  private let function: Int

  /// nil in an ordinary program, and once the role is taken.
  package static var pending: Role? {
    guard let role = gantry_role_pending() else { return nil }
    let text = UnsafeRawBufferPointer(start: role.pointee.wanted, count: Int(role.pointee.wanted_bytes))
    return Role(
      wanted: String(decoding: text, as: UTF8.self), occurrence: Int(role.pointee.occurrence),
      isContainer: role.pointee.kind == GANTRY_ROLE_CONTAINER, function: Int(role.pointee.function))
  }

  /// Becomes the zygote, or the container, of the driver that is meant.
  ///
  /// `isAlone`: this process has one thread and never had the threads of Dispatch, so that containers may be forked
  /// from it.
  package func take(_ functions: [ContainerFunction], isAlone: () -> Bool) -> Never {
    setZygoteFunctions(functions)
    if isContainer {
      expectBystanders()
      // A synchronous body runs on this very thread; an asynchronous one on any, those of the program's main too.
      let isSynchronous = if case .sync = functions[function].runner { true } else { false }
      gantry_role_become_container(
        { spawn, descriptors, count in
          ContainerCode.$isRunning.withValue(true) { containerMain(spawn, descriptors, count) }
        }, isSynchronous ? 1 : 0)
    }
    let isAlone = isAlone()
    if isAlone { letBarriersReachForks() }
    gantry_role_become_zygote({ containerMain($0, $1, $2) }, isAlone ? 1 : 0)
  }

  /// Tells the driver of another one that was made here.
  package func report(_ other: String) {
    var other = other
    other.withUTF8 { text in
      text.withMemoryRebound(to: CChar.self) { text in
        if let base = text.baseAddress { gantry_role_report(base, UInt32(text.count)) }
      }
    }
  }
}

/// Whether Dispatch has had threads in this process, which a fork of it could not replace.
package func dispatchWasThreaded() -> Bool { gantry_dispatch_was_threaded() != 0 }

let spawnFlagMarked: UInt32 = 1

/// What a container writes on its standard error before anything of its own: all before it comes from what the
/// program's main did on the way to its driver.
package func containerMark(epoch: UInt64) -> [UInt8] { Array("\0gantry-container \(epoch)\0\n".utf8) }

func writeMark(epoch: UInt64) {
  containerMark(epoch: epoch).withUnsafeBytes { _ = write(2, $0.baseAddress, $0.count) }
}

/// Gives up the calling thread for ever.
///
/// The main thread goes to the main queue. Any other leaves that queue to whoever serves it. One that runs for the main
/// queue itself holds it up for good: a driver that was made on the main actor after the first suspension of an
/// asynchronous main has containers whose bodies cannot hop there. (Dispatch gives nobody that queue in the middle of
/// an item: dispatchMain in one corrupts its thread, measured.)
func keepThread() -> Never {
  if gantry_is_main_thread() != 0 { dispatchMain() }
  while true { pause() }
}
