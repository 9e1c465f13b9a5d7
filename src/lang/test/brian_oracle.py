# Writes brian_expressions.tsv: expressions, and what Brian 2 makes of them.
#   expression <tab> exponents of m kg s A K mol cd, or "error" <tab> value in SI, or "-"
# Run with Debian's python3-brian (2.5.1): /usr/bin/python3 brian_oracle.py
import warnings; warnings.filterwarnings('ignore')
import numpy as np
from brian2 import *
prefs.codegen.target='numpy'
from brian2.parsing.expressions import parse_expression_dimensions, is_boolean_expression
from brian2.core.namespace import DEFAULT_UNITS, DEFAULT_FUNCTIONS, DEFAULT_CONSTANTS
from brian2.units.fundamentalunits import get_dimensions
eqs='''v : volt
u : volt
g : siemens
tau : second
w : 1
n : 1
k : integer
flag : boolean
'''
vals=dict(v=-0.065,u=0.0125,g=1e-8,tau=0.02,w=2.75,n=-7.5,k=3,flag=True)
G0=NeuronGroup(1,eqs)
variables=dict(G0.variables); variables.update(DEFAULT_UNITS); variables.update(DEFAULT_FUNCTIONS); variables.update(DEFAULT_CONSTANTS)
import random  # after brian2, which exports numpy's
random.seed(20240607)
def atom(kind):
    r=random.random()
    if kind=='volt': return random.choice(['v','u','-65*mV','3.5*mV','2*volt','u','v'])
    if kind=='siemens': return random.choice(['g','10*nS'])
    if kind=='second': return random.choice(['tau','5*ms','20*msecond'])
    if kind=='bool': return random.choice(['flag','True','False','v > u','w <= 2.75','k == 3','n != w','tau >= 5*ms'])
    return random.choice(['w','n','k','2','3','0.5','1.5','7','flag','pi'])
def expr(kind,d):
    if d==0 or random.random()<0.12: return atom(kind)
    r=random.random()
    wrong = random.random()<0.04
    if wrong: kind2=random.choice(['volt','1','second','siemens'])
    else: kind2=kind
    P=lambda s:'('+s+')'
    if kind=='bool':
        c=random.randrange(6)
        if c==0: return P(expr('bool',d-1))+' and '+P(expr('bool',d-1))
        if c==1: return P(expr('bool',d-1))+' or '+P(expr('bool',d-1))
        if c==2: return 'not '+P(expr('bool',d-1))
        q=random.choice(['volt','1','second'])
        q2=q if random.random()>0.05 else random.choice(['volt','1','second'])
        return P(expr(q,d-1))+random.choice([' < ',' <= ',' > ',' >= ',' == ',' != '])+P(expr(q2,d-1))
    c=random.randrange(12)
    if c<4:
        op=random.choice(['+','-','%' if random.random()<0.4 else '+'])
        a,b=expr(kind,d-1),expr(kind2,d-1)
        if random.random()<0.5: a=P(a)
        if random.random()<0.7 or op=='%': b=P(b)
        if op=='%': a=P(a)
        return a+' '+op+' '+b
    if c==4: return '-'+P(expr(kind,d-1))
    if c==5: return 'clip('+expr(kind,d-1)+', '+atom(kind)+', '+expr(kind2,d-1)+')'
    if c==6: return 'abs('+expr(kind,d-1)+')'
    if c==7: return P(expr(kind,d-1))+'*'+P(expr('1' if not wrong else kind2,d-1))
    if c==8: return P(expr(kind,d-1))+'/'+P(expr('1' if not wrong else kind2,d-1))
    if c==9: return 'sqrt(('+expr(kind,d-1)+')**2)'
    if kind=='1':
        e=random.randrange(9)
        if e==0: return random.choice(['exp','sin','cos','tanh','arctan','expm1','exprel','floor','ceil','sign','int'])+'('+expr(kind2,d-1)+')'
        if e==1: return P(expr('volt',d-1))+'/'+P(expr('volt',d-1))
        if e==2: return P(expr('1',d-1))+' // '+P(expr(kind2,d-1))
        if e==3: return P(expr('1',d-1))+'**'+random.choice(['2','3','2.0','-1.0'])
        if e==4: return 'sign('+expr('volt',d-1)+')'
        if e==5: return 'log('+'1.5 + ('+expr('1',d-1)+')**2)'
        if e==6: return 'timestep('+expr('second',0)+', 0.1*ms)'
        if e==7: return 'int('+expr('bool',d-1)+')'
        return P(expr('bool',d-1))+'*1.0'
    if kind=='volt': return '('+expr('volt',d-1)+')*('+expr('siemens',d-1)+')/('+expr('siemens',d-1)+')'
    if kind=='second': return '('+expr('second',d-1)+')**2/('+expr('second',d-1)+')'
    return '('+expr('siemens',d-1)+')'
fixed='''-7//3 + 0.0
-7 % 3
7 // -3.0
7 % -3.0
(-7.5) % 2
7.5 % -2
-7.5 // 2
n // 2
n % 4
1 + (3 > 2)
(v > u) + (u > v)
-2**2 + 0.0
2**3**2 + 0.0
-w**2
2.0**-1
w*-n
w - -n
not flag or flag
not (flag and False)
v**2
v**0.5*volt**0.5
(u*g)**3
sqrt(u*volt)
1/tau
v/tau
g*(v - u)
tau**(1/2)
tau**(-1)
volt**2/ohm
exp(v)
exp(v/mV)
v + tau
v + 1
v > 0
v > 0*mV
v % u
u % v
v // u
w**v
v**w
floor(v)
ceil(v/mV)
sign(v)
int(n)
int(v)
int(flag)
int(v > u)
abs(v - u)
clip(v, u, tau)
clip(w, 0, 1)
exprel(0.0)
exprel(1e-17)
exprel(1e-10)
exprel(800.0)
timestep(tau, 0.1*ms)
timestep(0.3*ms, 0.1*ms)
timestep(v, tau)
k/2
k // 2 + 0.0
7/2
log10(w)
log1p(w)
arcsin(0.5)
arccos(0.5)
tan(w)
sinh(w)
cosh(w)
1e3*w
.5*w
5.*w
inf
pi*e
mV*nS/pA
cm**2/cm2
second**-0.5*sqrt(tau)
w and flag
(w > 1) and flag
not w
flag == True
flag < 1
max(w, 1)
arctan2(w, 1)
w ^ 2
w < 1 < 2
foo + 1
Mohm*nA/mV
molar/mM
uF/cm**2/(uF/cm2)
3*mM/mM'''.split('\n')
exprs=list(fixed)
while len(exprs)<len(fixed)+420:
    e=expr(random.choice(['volt','1','1','second','siemens','bool']),random.randrange(1,4))
    if len(e)<110 and e not in exprs: exprs.append(e)
out=open('brian_expressions.tsv','w')
names=['metre','kilogram','second','amp','kelvin','mole','candle']
for e in exprs:
    try:
        # a call that Brian checks before units: syntax and functions
        d=get_dimensions(parse_expression_dimensions(e,variables))
        b=is_boolean_expression(e,variables)
    except Exception as ex:
        out.write(f"{e}\terror\t-\n"); continue
    dims=[float(x) for x in d._dims]
    if b: unit='boolean'
    else:
        unit='*'.join(f'{n}**{x}' for n,x in zip(names,dims) if x) or '1'
    try:
        G=NeuronGroup(1,eqs+f'XX = {e} : {unit}\n')
        for k,val in vals.items(): setattr(G,k+'_',val)
        x=float(np.array(G.XX_[:]).ravel()[0])
    except Exception as ex:
        if e == 'w < 1 < 2': out.write(f"{e}\terror\t-\n")  # parsed, then refused
        continue  # Brian's own limits, such as a sum of relations: no answer to compare with
    out.write(f"{e}\t{' '.join('%g'%x for x in dims)}\t{x!r}\n")
out.close()
