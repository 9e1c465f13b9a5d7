// Before the first paint: the theme that the reader chose last time, if the browser remembers.
(() => {
  "use strict";
  try {
    const theme = localStorage.getItem("hillock-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch { /* no storage: follow the system */ }
})();
