/** The page's looks, light and dark. */
export const PAGE_STYLE = `
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--text:#1b2530;--quiet:#667382;--edge:#d9dfe6;--lane:#c9d1da;
--grid:#eceff3;--focus:#0a66d6;--delivered:#1c7c4f;--lost:#c9303d;--cut:#9b3aa5;--no-room:#c05a00;--blocked:#8a3b12;
--refused:#a76a00;--unwanted:#71808f;--other:#71808f}
@media(prefers-color-scheme:dark){:root{--bg:#11151a;--card:#191f26;--text:#e6ebf0;--quiet:#93a1b0;--edge:#2d3640;
--lane:#3a4550;--grid:#222a32;--focus:#6db1ff;--delivered:#54c48d;--lost:#ff7079;--cut:#d78be0;--no-room:#ff9d52;
--blocked:#e2936a;--refused:#e9b44c;--unwanted:#93a1b0;--other:#93a1b0}}
*{box-sizing:border-box}
html,body{height:100%;margin:0}
body{display:grid;grid-template:auto 1fr auto/1fr;background:var(--bg);color:var(--text);
font:14px/1.45 ui-sans-serif,system-ui,sans-serif}
header{display:flex;flex-wrap:wrap;gap:8px 12px;align-items:center;padding:10px 14px;background:var(--card);
border-bottom:1px solid var(--edge)}
h1{font-size:15px;margin:0;font-weight:650}
h1 small{font-weight:400;color:var(--quiet);margin-left:6px}
input,button{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--edge);border-radius:7px;
padding:5px 10px;min-height:34px}
button{cursor:pointer}
button:hover{border-color:var(--quiet)}
:focus-visible{outline:2px solid var(--focus);outline-offset:1px}
input{flex:1 1 170px;min-width:0;max-width:380px}
.group{display:flex;gap:4px}
#fates{display:flex;flex-wrap:wrap;gap:6px;flex-basis:100%}
#fates button{min-height:28px;padding:1px 11px;border-radius:14px;font-size:13px}
#fates button::before{content:"";display:inline-block;width:9px;height:9px;border-radius:50%;margin-right:7px;
background:var(--of)}
#fates button[aria-pressed=false]{opacity:.5;text-decoration:line-through}
.delivered{--of:var(--delivered)}.lost{--of:var(--lost)}.cut{--of:var(--cut)}.no-room{--of:var(--no-room)}
.blocked{--of:var(--blocked)}.refused{--of:var(--refused)}.unwanted{--of:var(--unwanted)}
main{display:grid;grid-template:minmax(0,1fr)/minmax(0,1fr) auto;min-height:0}
#canvas{width:100%;height:100%;display:block;background:var(--card);touch-action:none;cursor:grab}
#canvas:active{cursor:grabbing}
#canvas:focus-visible{outline-offset:-2px}
#details{width:330px;overflow:auto;padding:14px;background:var(--card);border-left:1px solid var(--edge)}
#details[hidden]{display:none}
#details div{display:flex;justify-content:space-between;align-items:start;gap:8px}
h2{font-size:15px;margin:4px 0 10px;overflow-wrap:anywhere}
dl{display:grid;grid-template-columns:auto 1fr;gap:3px 12px;margin:0 0 12px}
dt{color:var(--quiet)}
dd{margin:0;overflow-wrap:anywhere}
dd[class]{color:var(--of);font-weight:600}
pre{font:12px/1.5 ui-monospace,monospace;margin:0;padding:10px;background:var(--bg);border-radius:7px;overflow:auto}
pre:empty{display:none}
footer{padding:6px 14px;color:var(--quiet);font-size:13px;background:var(--card);border-top:1px solid var(--edge);
display:flex;flex-wrap:wrap;gap:2px 16px;justify-content:space-between}
kbd{font:12px ui-monospace,monospace;border:1px solid var(--edge);border-radius:4px;padding:0 4px}
@media(max-width:700px){main{grid-template:minmax(0,1fr) auto/minmax(0,1fr)}
#details{width:auto;max-height:44vh;border-left:0;border-top:1px solid var(--edge)}
.keys{display:none}header{padding:8px 10px}h1{flex-basis:100%}input{flex-basis:100px}}
`;
