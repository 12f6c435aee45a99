/** Tells the errors of binds that are refused, as an 'error' and thrown. */
import dgram from "@x/dgram";

function show({ name, message, code, errno, syscall }: NodeJS.ErrnoException): void {
  console.log(JSON.stringify([name, message, code, errno, syscall]));
}

const socket = dgram.createSocket("udp4");
socket.on("error", (error) => {
  show(error);
  try {
    socket.bindSync();
  } catch (thrown) {
    show(thrown as NodeJS.ErrnoException);
  }
  socket.close();
});
socket.bind(0);
