// What a function's containers are kept from, as an option of the function.

/// What containers are kept from: writing files, the network, other processes, more privileges.
///
/// For functions whose code, or whose input, may be hostile. A sandboxed container may compute, read every file that the
/// program may read, print, start programs (which are confined like it), and write at and below the paths it is given.
/// It may not
///
/// * create, write, move or remove files elsewhere; change mode, owner, times or attributes of any file, not even
///   below its paths (so that there `FileManager`'s `copyItem` and `replaceItemAt` fail, which copy a mode, while `moveItem`,
///   `removeItem` and atomic writing work);
/// * open a socket of any family, or use IPC that has a name;
/// * signal or trace a process that it did not start, read its memory, or change its limits or priorities; nor those of a
///   thread by its number, as `pthread_setaffinity_np` does (`sched_setaffinity` of 0 works);
/// * change modes, size or output of a terminal, drive a device by `ioctl`, lease files, or lead a session;
/// * gain a privilege: set-user-id programs run without it, and a root program's containers have no capabilities.
///
/// `Foundation.Process` wants a network socket of its own and, not getting it, now and then hangs; `posix_spawn` works.
///
/// What it tries all the same fails with an error, mostly `EPERM` or `EACCES`, and ends nothing. By Landlock and seccomp
/// filters; the driver does not start where the kernel lacks them, or something around the program forbids them
/// (`GantryError.Code.sandboxUnavailable`). Costs about a quarter of a millisecond a container. Processor time and memory
/// are not limited by it; see `timeout` and `memoryLimit` of `FunctionOptions`.
///
/// Where containers execute the program again (`Configuration.Start`), what stands before the driver in `main` runs in
/// the sandbox, too.
public struct Sandbox: Sendable, Equatable {
  /// Files that may be written, and directories at and below which everything may be.
  public let writablePaths: [String]

  /// Makes a sandbox.
  ///
  /// - Parameter writablePaths: Files and directories that exist when the driver starts; relative ones are looked up in
  ///   the working directory of that moment.
  public init(writablePaths: [String] = []) { self.writablePaths = writablePaths }
}
