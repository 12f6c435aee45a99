/*
 * bcryptprimitives.dll for Wine 8.0, which has none: Deno and Bun ask it for random bytes. Once loaded it hides
 * kernelbase's VirtualAlloc2 too, with which V8 reserves memory in a way that Wine 8.0 refuses; where that function is
 * missing, V8 does without.
 */
#include <string.h>
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
  return SystemFunction036(data, (ULONG)length);
}

static void hide(const char *library, const char *wanted) {
  BYTE *base = (BYTE *)GetModuleHandleA(library);
  if (base == NULL) return;
  IMAGE_NT_HEADERS *headers = (IMAGE_NT_HEADERS *)(base + ((IMAGE_DOS_HEADER *)base)->e_lfanew);
  DWORD place = headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT].VirtualAddress;
  IMAGE_EXPORT_DIRECTORY *exports = (IMAGE_EXPORT_DIRECTORY *)(base + place);
  DWORD *names = (DWORD *)(base + exports->AddressOfNames);
  for (DWORD i = 0; i < exports->NumberOfNames; i++) {
    char *name = (char *)(base + names[i]);
    if (strcmp(name, wanted) != 0) continue;
    DWORD protection;
    if (!VirtualProtect(name, strlen(name), PAGE_READWRITE, &protection)) return;
    /* The names are searched in their order, which this keeps. */
    name[strlen(name) - 1] = '0';
    VirtualProtect(name, strlen(wanted), protection, &protection);
    return;
  }
}

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved) {
  if (reason == DLL_PROCESS_ATTACH) {
    DisableThreadLibraryCalls(self);
    hide("kernelbase.dll", "VirtualAlloc2");
  }
  return TRUE;
}
